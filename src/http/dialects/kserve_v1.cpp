#include "http/dialects/kserve.hpp"
#include "http/dialects/text_answer.hpp"
#include <optional>

namespace cog {

namespace {

class predictions_answer : public dialect_answer {
public:
  void answer(const result_list& results, http_response&, answer_text& body) override {
    tail_of(body) += "{\"predictions\":[";
    auto separator = "";
    for (auto& result : results) {
      tail_of(body) += separator;
      separator = ",";
      for (auto& piece : output_view{*result, *facts().api}.json())
        if (auto* text = std::get_if<std::string>(&piece))
          tail_of(body) += *text;
        else
          body.push_back(std::move(piece));
    }
    tail_of(body) += "]}";
  }
};

/// The bytes that `{"b64": ...}` stands for, as a data URL.
std::optional<std::string> bytes_of(const json_value& value) {
  auto* text = value.is(json_kind::object) && value.members.size() == 1 ? value.find("b64") : nullptr;
  if (!text)
    return {};
  return "data:application/octet-stream;base64," + plain_text(*text);
}

void set(input_maker& input, const model_input& own, const json_value& value) {
  if (auto url = bytes_of(value))
    input.add_file(own, *url);
  else
    input.set(own, value);
}

const model_input* only_meant(const model_api& api, bool bytes) {
  if (auto* only = api.only_required())
    return only;
  if (bytes)
    return api.input_of(input_role::image) ? api.input_of(input_role::image) : api.input_of(input_role::audio);
  return api.input_of(input_role::prompt);
}

}   // namespace

bool add_instance(plan_maker& maker, input_maker& input, const json_value& instance) {
  auto bytes = bytes_of(instance);
  bool named = instance.is(json_kind::object) && !bytes;
  if (!named) {
    auto* own = only_meant(maker.api, bytes.has_value());
    if (!own)
      return maker.fail(dialect_fault::unsupported,
                        "No single input can be meant by a value without a name: send an "
                        "object of inputs");
    set(input, *own, instance);
    return true;
  }
  for (auto& [name, value] : instance.members) {
    auto* own = maker.api.find(name);
    if (!own)
      return maker.bad("The model has no input `" + name + "`", name);
    set(input, *own, value);
  }
  return true;
}

bool add_instances(plan_maker& maker) {
  auto* instances = maker.field("instances");
  if (!instances || !instances->is(json_kind::array))
    return maker.bad("instances must be a list", "instances");
  auto* parameters = maker.field("parameters");
  for (auto& instance : instances->items) {
    input_maker input{maker.api};
    if (parameters && parameters->is(json_kind::object))
      maker.add_extras(input, *parameters, {});
    if (!add_instance(maker, input, instance))
      return false;
    maker.plan.inputs.push_back(input.json());
  }
  return true;
}

void plan_instances(plan_maker& maker) {
  if (maker.read_json() && add_instances(maker))
    maker.plan.answer = std::make_shared<predictions_answer>();
}

}   // namespace cog
