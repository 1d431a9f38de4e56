#pragma once
#include "http/dialects/prediction_plan.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Puts the messages of a chat into the model's input: as they are where an input takes messages, else as a prompt.
/// `content_kind` names the parts of a content: `text`, or `input_text` in Responses. False: there is a complaint.
bool add_messages(plan_maker& maker, input_maker& input, const json_value& messages, std::string_view param);

/// The fields that say how a text is to be made: `stop` (those that the server itself has to cut at are returned),
/// `max_tokens`, `seed` and the like.
std::vector<std::string> add_sampling(plan_maker& maker, input_maker& input);

/// `n` predictions of one input, or the role `n`. False: there is a complaint.
bool add_count(plan_maker& maker, input_maker& input, uint64_t most);

/// A file that a client has put into a message, by URL. False: there is a complaint.
bool add_message_file(plan_maker& maker, input_maker& input, input_role role, std::string_view url,
                      std::string_view param);

/// `response_format` and `tools`, which must not be overlooked. False: there is a complaint.
bool add_format_and_tools(plan_maker& maker, input_maker& input);

}   // namespace cog
