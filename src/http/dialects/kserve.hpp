#pragma once
#include "http/dialects/info_call.hpp"
#include "http/dialects/prediction_plan.hpp"

// KServe's protocols V1 and V2 with what Triton adds, and the parts that other dialects share with them.

namespace cog {

void plan_infer(plan_maker& maker);
void plan_generate(plan_maker& maker);
void plan_generate_stream(plan_maker& maker);
void plan_instances(plan_maker& maker);

http_response tell_server(const server_facts& facts);
http_response tell_live(const server_facts& facts);
http_response tell_ready(const server_facts& facts);
http_response tell_names(const server_facts& facts);
http_response tell_metadata(const server_facts& facts);
http_response tell_model_ready(const server_facts& facts);
http_response tell_unknown(const server_facts& facts);

/// One instance as an input: an object of inputs, `{"b64": ...}`, or the value of the only input there can be meant.
/// False: there is a complaint.
bool add_instance(plan_maker& maker, input_maker& input, const json_value& instance);
/// Makes a prediction of each instance of the body's `instances`, with its `parameters` for all.
bool add_instances(plan_maker& maker);

}   // namespace cog
