#include "cli/predict.hpp"
#include "cli/config/registry_model.hpp"
#include "cli/image/schema.hpp"
#include "cli/model/input_list.hpp"
#include "cli/model/started_model.hpp"
#include "prediction/schema.hpp"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

namespace cog {

namespace {

/// A model's document in both forms that are needed of it.
struct known_schema {
  document_ptr model;
  std::optional<json_value> json;   // views of the text of `model`

  explicit operator bool() const { return model && model->input; }
};

known_schema read_schema(const std::string& text) {
  known_schema schema;
  std::string problem;
  schema.model = text.empty() ? nullptr : make_document(text, problem);
  json_error ignored;
  if (schema.model)
    schema.json = parse_json(std::string_view{schema.model->json}, ignored);
  return schema;
}

/// One prediction, from the command line to its output.
class one_prediction {
public:
  one_prediction(const session& common, const prediction_request_flags& flags)
    : common_{common},
      messages_{common.messages},
      flags_{flags},
      image_{flags.image},
      given_{read_given(flags.inputs, flags.json)},
      context_{make_context(flags)},
      writer_{{.path = flags.output,
               .json = flags.json.has_value(),
               .default_name = training() ? "weights" : "output",
               .text_to_file = training()},
              messages_} {
    // nop
  }

  void run() {
    if (image_.empty())
      image_ = image_without_project();
    if (flags_.list_inputs)
      return list_inputs();
    auto ready = image_.empty() ? prepare_project() : prepare_image();
    ready.plan.ports.emplace_back();
    ready.plan.server = true;
    ready.plan.init = true;
    auto& variables = ready.plan.environment;
    auto ours = std::find(variables.begin(), variables.end(), "LOG_FORMAT=console");
    if (!messages_.show_debug && ours != variables.end())
      *ours = "LOG_FORMAT=json";   // we read it
    variables.insert(variables.begin(), std::string{"COG_LOG_LEVEL="} + (messages_.show_debug ? "debug" : "warning"));
    if (image_.empty() || training())
      ready.plan.command = {"python", "-m", "cog.server.http"};
    if (training())
      ready.plan.command.insert(ready.plan.command.end(), {"--x-mode", "train"});
    messages_.info("");
    messages_.info(ready.where->has_images() ? "Starting Docker image and running setup()..."
                                             : "Starting the model and running setup()...");
    started_model model{*ready.where, ready.plan, messages_};
    model.wait_until_ready(std::chrono::seconds{flags_.setup_timeout});
    auto actual = read_schema(model.document());
    if (!schema_)
      inputs_ = typed_inputs(given_, actual.model ? actual.model->schema_of(training()) : nullptr);
    auto kind = actual.json ? output_kind_of(*actual.json, training()) : output_kind::json;
    messages_.info(training() ? "Running training..." : "Running prediction...");
    auto code = finish(model, actual, kind);
    if (code != 0)
      throw silent_exit{code};
  }

private:
  static std::string make_context(const prediction_request_flags& flags) {
    std::string context = "{";
    if (flags.use_replicate_token) {
      auto* token = std::getenv("REPLICATE_API_TOKEN");
      if (!token || !*token)
        throw command_error{
          "Failed to find REPLICATE_API_TOKEN in the current environment when called with "
          "--use-replicate-token"};
      context += "\"replicate_api_token\":";
      append_json_string(context, token);
    }
    return context + "}";
  }

  bool training() const { return flags_.training; }

  void check_inputs_against(const std::string& document) {
    schema_ = read_schema(document);
    if (!schema_)
      return;
    inputs_ = typed_inputs(given_, schema_.model->schema_of(training()));
    writer_.expect(output_kind_of(*schema_.json, training()));
  }

  /// The image that COG_MODEL names, where there is no project to run.
  std::string image_without_project() const {
    auto folder = std::filesystem::current_path().string();
    auto* named = std::getenv("COG_MODEL");
    if (named == nullptr || *named == '\0' || has_project(folder, flags_.launch.file))
      return {};
    auto model = find_model({}, common_.registry);
    return model.tag.empty() ? model.repository : model.repository + ":" + model.tag;
  }

  void list_inputs() {
    std::string text;
    if (image_.empty()) {
      config_ = load_config(std::filesystem::current_path().string(), flags_.launch.file, messages_);
      text = read_model(config_, {}, common_).schema;
    } else {
      std::map<std::string, std::string> labels;
      prepare_launch_of_image(common_, flags_.launch, image_, labels);
      text = labels["run.cog.openapi_schema"];
    }
    auto schema = read_schema(text);
    if (!schema.json)
      throw command_error{"the inputs are not known before the model runs"};
    std::cout << input_list(*schema.json) << std::flush;
  }

  launch prepare_project() {
    config_ = load_config(std::filesystem::current_path().string(), flags_.launch.file, messages_);
    find_model(config_, common_.registry);
    auto& reference = training() ? config_.train : config_.run;
    if (reference.empty())
      throw command_error{config_.place("") +
                          (training() ? "no train reference found in cog.yaml; add `train: train.py:train`"
                                      : "no run reference found in cog.yaml; add `run: run.py:Runner`")};
    check_inputs_against(read_project_schema(common_, config_));
    return prepare_launch(common_, flags_.launch, config_);
  }

  launch prepare_image() {
    if (image_.find('=') != std::string::npos)
      throw command_error{"Invalid image name '" + image_ + "'. Did you forget `-i`?"};
    std::map<std::string, std::string> labels;
    auto ready = prepare_launch_of_image(common_, flags_.launch, image_, labels);
    auto config = labels.find("run.cog.config");
    if (config == labels.end())
      throw command_error{"image " + image_ + ": image is not a Cog model"};
    json_error ignored;
    auto json = parse_json(std::string_view{config->second}, ignored);
    auto* gpu = json ? json->find_path({"build", "gpu"}) : nullptr;
    if (ready.plan.gpus.empty() && gpu && gpu->is_true())
      ready.plan.gpus = "all";
    check_inputs_against(labels["run.cog.openapi_schema"]);
    return ready;
  }

  int finish(started_model& model, const known_schema& schema, output_kind kind) {
    auto endpoint = training() ? "/trainings" : "/predictions";
    auto body = "{\"input\":" + inputs_ + ",\"context\":" + context_ + "}";
    auto answer = ask_model(model, schema, kind, endpoint, body);
    json_error error;
    auto prediction = parse_json(std::string_view{answer}, error);
    if (!prediction)
      throw command_error{"Failed to run prediction: the answer is not valid JSON: " + error};
    if (any_shown_) {
      std::cout << std::endl;
      auto* status = prediction->find("status");
      if (status && status->raw == "\"succeeded\"")
        return 0;
    }
    return writer_.write(*prediction, kind);
  }

  /// The log is shown while it grows; on a terminal text, too, comes in pieces.
  std::string ask_model(started_model& model, const known_schema& schema, output_kind kind, const std::string& endpoint,
                        const std::string& body) {
    if (shows_text_at_once(kind, schema))
      return show_text(model, schema, endpoint, body);
    return model.create_and_watch(endpoint, body, {});
  }

  bool shows_text_at_once(output_kind kind, const known_schema& schema) const {
    auto* display =
      schema.json ? schema.json->find_path({"components", "schemas", "Output", "x-cog-array-type"}) : nullptr;
    return !training() && !flags_.output && !flags_.json && kind == output_kind::json && display &&
      isatty(STDOUT_FILENO) != 0;
  }

  std::string show_text(started_model& model, const known_schema& schema, const std::string& endpoint,
                        const std::string& body) {
    auto show = [this](std::string_view json) {
      json_error ignored;
      auto chunk = parse_json(json, ignored);
      std::string scratch;
      if (!chunk)
        return;
      messages_.clear_status();
      std::cout << (chunk->is(json_kind::string) ? string_content(*chunk, scratch) : chunk->raw) << std::flush;
      any_shown_ = true;
      messages_.leave_line();
    };
    return schema.model->streaming ? model.create_streaming(endpoint, body, show)
                                   : model.create_and_watch(endpoint, body, show);
  }

  const session& common_;
  const console& messages_;
  const prediction_request_flags& flags_;
  std::string image_;   // empty: the project's source is run
  given_inputs given_;
  std::string context_;
  output_writer writer_;
  project_config config_;
  known_schema schema_;   // as known before the start
  std::string inputs_;
  bool any_shown_ = false;
};

}   // namespace

void predict(const session& common, const prediction_request_flags& flags) {
  one_prediction{common, flags}.run();
}

}   // namespace cog
