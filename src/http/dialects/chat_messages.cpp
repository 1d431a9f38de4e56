#include "http/dialects/chat_messages.hpp"
#include "http/request.hpp"
#include "io/log.hpp"
#include <algorithm>
#include <array>

namespace cog {

namespace {

struct message {
  std::string role;
  std::string text;
};

std::string text_of(const json_value& object, std::string_view key) {
  auto* value = object.find(key);
  return value && value->is(json_kind::string) ? plain_text(*value) : std::string{};
}

/// A place of a file in a part: `{"url": ...}`, or the URL itself.
std::string url_of(const json_value& part, std::string_view key) {
  auto* value = part.find(key);
  if (!value)
    return {};
  return value->is(json_kind::object) ? text_of(*value, "url") : plain_text(*value);
}

class message_reader {
public:
  message_reader(plan_maker& maker, input_maker& input, std::string_view param)
    : maker_{maker}, input_{input}, param_{param} {
    // nop
  }

  bool read(const json_value& messages) {
    const json_value* last_user = nullptr;
    for (auto& one : messages.items)
      if (text_of(one, "role") == "user")
        last_user = &one;
    for (auto& one : messages.items) {
      message read{text_of(one, "role"), {}};
      if (read.role == "developer")
        read.role = "system";
      if (read.role.empty())
        return complain("each message needs a role");
      if (auto* content = one.find("content"); content && !read_content(*content, &one == last_user, read.text))
        return false;
      messages_.push_back(std::move(read));
    }
    return true;
  }

  std::string take_system() {
    std::string text;
    for (auto& one : messages_)
      if (one.role == "system")
        text.append(text.empty() ? "" : "\n").append(one.text);
    std::erase_if(messages_, [](auto& one) { return one.role == "system"; });
    return text;
  }

  const std::vector<message>& messages() const { return messages_; }

private:
  bool read_content(const json_value& content, bool last_user, std::string& text) {
    if (!content.is(json_kind::array)) {
      text = plain_text(content);
      return true;
    }
    for (auto& part : content.items)
      if (!read_part(part, last_user, text))
        return false;
    return true;
  }

  bool read_part(const json_value& part, bool last_user, std::string& text) {
    auto type = text_of(part, "type");
    if (type == "text" || type == "input_text" || type == "output_text" || type == "refusal") {
      text.append(text.empty() ? "" : "\n").append(text_of(part, type == "refusal" ? "refusal" : "text"));
      return true;
    }
    if (!last_user)   // what was shown before has been answered
      return true;
    if (type == "image_url" || type == "input_image")
      return add_message_file(maker_, input_, input_role::image, url_of(part, "image_url"), param_);
    auto* audio = part.find("input_audio");
    if (type == "input_audio" && audio)
      return add_message_file(maker_, input_, input_role::audio,
                              "data:audio/" + text_of(*audio, "format") + ";base64," + text_of(*audio, "data"), param_);
    return complain("content parts of the type `" + type + "` are not served");
  }

  bool complain(const std::string& what) { return maker_.bad(std::string{param_} + ": " + what, std::string{param_}); }

  plan_maker& maker_;
  input_maker& input_;
  std::string_view param_;
  std::vector<message> messages_;
};

std::string as_chatml(const std::vector<message>& messages, const std::string& system) {
  std::string text;
  auto add = [&](const std::string& role, const std::string& content) {
    text += "<|im_start|>" + role + "\n" + content + "<|im_end|>\n";
  };
  if (!system.empty())
    add("system", system);
  for (auto& one : messages)
    add(one.role, one.text);
  return text + "<|im_start|>assistant\n";
}

std::string as_plain(const std::vector<message>& messages) {
  if (messages.size() == 1 && messages.front().role == "user")
    return messages.front().text;
  std::string text;
  for (auto& one : messages) {
    auto name = one.role == "user" ? "User"
      : one.role == "assistant"    ? "Assistant"
      : one.role == "tool"         ? "Tool"
                                   : "Function";
    text.append(name).append(": ").append(one.text).append("\n");
  }
  return text + "Assistant:";
}

std::string last_user_text(const std::vector<message>& messages) {
  for (auto at = messages.rbegin(); at != messages.rend(); ++at)
    if (at->role == "user")
      return at->text;
  return {};
}

void warn_ignored(const plan_maker& maker, std::string_view field) {
  if (is_logged(log_target::http, log_level::debug))
    write_log(log_target::http, log_level::debug, "A field without an input is ignored",
              {{"field", field}, {"path", std::string_view{maker.request.target}}});
}

}   // namespace

bool add_message_file(plan_maker& maker, input_maker& input, input_role role, std::string_view url,
                      std::string_view param) {
  auto* own = maker.api.input_of(role);
  auto name = std::string{role_names[static_cast<size_t>(role)]};
  if (!own || own->kind != value_kind::file)
    return maker.fail(dialect_fault::unsupported,
                      "This model takes no " + name +
                        " in messages: no input has that role. Name it in cog.yaml: api: " + "{inputs: {" + name +
                        ": NAME}}",
                      std::string{param});
  if (!input.add_file(*own, url))
    return maker.bad("The input `" + own->name + "` takes one file", std::string{param});
  return true;
}

bool add_messages(plan_maker& maker, input_maker& input, const json_value& messages, std::string_view param) {
  if (!messages.is(json_kind::array) || messages.items.empty())
    return maker.bad(std::string{param} + " must be a list that is not empty", std::string{param});
  if (auto* own = maker.api.input_of(input_role::messages)) {
    input.set(*own, messages);
    return true;
  }
  message_reader reader{maker, input, param};
  if (!reader.read(messages))
    return false;
  auto system = reader.take_system();
  auto style = maker.api.config.chat;
  bool apart = !system.empty() && input.set_text(input_role::system, system);
  auto rest = apart ? std::string{} : system;
  std::string prompt;
  if (style == chat_style::chatml)
    prompt = as_chatml(reader.messages(), rest);
  else
    prompt = (rest.empty() ? "" : rest + "\n\n") +
      (style == chat_style::last ? last_user_text(reader.messages()) : as_plain(reader.messages()));
  input.set_text(input_role::prompt, prompt);
  return true;
}

std::vector<std::string> add_sampling(plan_maker& maker, input_maker& input) {
  for (auto name : {"max_completion_tokens", "max_output_tokens", "max_tokens"})
    if (auto* value = maker.field(name)) {
      if (!input.set(input_role::max_tokens, *value))
        warn_ignored(maker, name);
      break;
    }
  std::vector<std::string> stops;
  if (auto* stop = maker.field("stop")) {
    if (stop->is(json_kind::array))
      for (auto& item : stop->items)
        stops.push_back(plain_text(item));
    else
      stops.push_back(plain_text(*stop));
  }
  auto* own = maker.api.input_of(input_role::stop);
  if (!own || stops.empty())
    return stops;
  if (own->list) {
    input.set(*own, *maker.field("stop"));
  } else {
    std::string joined;
    for (auto& stop : stops)
      joined.append(joined.empty() ? "" : ",").append(stop);
    input.set_text(*own, joined);
  }
  return {};
}

bool add_count(plan_maker& maker, input_maker& input, uint64_t most) {
  auto* value = maker.field("n");
  auto count = value && value->is(json_kind::number) ? number_value(value->raw) : 1.0L;
  if (count < 1 || count > static_cast<long double>(most))
    return maker.bad("n must be from 1 to " + std::to_string(most), "n");
  auto wanted = static_cast<size_t>(count);
  auto& output = maker.api.output;
  if (wanted > 1 && output.list && !output.iterator && maker.api.input_of(input_role::n)) {
    input.set_raw(*maker.api.input_of(input_role::n), std::to_string(wanted));
    maker.plan.inputs = {input.json()};
    return true;
  }
  auto* seed = maker.api.find("seed");
  auto* given = maker.field("seed");
  for (size_t at = 0; at < wanted; ++at) {
    if (at > 0 && seed && given && given->is(json_kind::number))
      input.set_raw(*seed, std::to_string(static_cast<int64_t>(number_value(given->raw)) + static_cast<int64_t>(at)));
    maker.plan.inputs.push_back(input.json());
  }
  return true;
}

bool add_format_and_tools(plan_maker& maker, input_maker& input) {
  if (auto* format = maker.field("response_format")) {
    auto* own = maker.api.find("response_format");
    auto* type = format->find("type");
    if (own)
      input.set(*own, *format);
    else if (type && plain_text(*type) != "text")
      return maker.fail(dialect_fault::unsupported,
                        "This model does not serve structured output: it has no input `response_format`",
                        "response_format");
  }
  auto* choice = maker.field("tool_choice");
  bool none = choice && choice->is(json_kind::string) && plain_text(*choice) == "none";
  for (auto name : {"tools", "functions"})
    if (maker.truthy(name) && !none && !maker.api.find(name))
      return maker.fail(dialect_fault::unsupported,
                        std::string{"This model does not serve tools: it has no input `"} + name + "`", name);
  return true;
}

}   // namespace cog
