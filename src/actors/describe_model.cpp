#include "actors/describe_model.hpp"
#include "json/json_tree.hpp"
#include "pool/pool_plan.hpp"
#include <spdlog/spdlog.h>

namespace cog {

namespace {

/// The document for a server that runs trainings: what they return has a shape of its own.
document_ptr training_document(const model_document& document) {
  auto result = std::make_shared<model_document>(document);
  json_error ignored;
  auto tree = parse_json(std::string_view{document.json}, ignored);
  auto type = tree ? tree->find_path({"components", "schemas", "TrainingOutput", "type"}) : nullptr;
  result->output_is_array = type && type->raw == "\"array\"";
  return result;
}

void compare_with_bundled(const server_config& config, const document_ptr& document) {
  if (config.bundled_schema.empty() || !config.openapi_schema.empty())
    return;
  std::string ignored;
  auto bundled = make_document(config.bundled_schema, ignored);
  if (!bundled || !document || bundled->json != document->json)
    spdlog::warn("worker: schema-differs, .cog/openapi_schema.json is not what the model says; the model's is used");
}

/// What the settings make of `@cog.batch`; sets `problem` when they ask for more than the model can.
batch_plan plan_batch(const server_config& config, const batch_info& declared, const model_document* document,
                      std::string& problem) {
  batch_plan plan;
  if (declared.max_size == 0) {
    if (config.batch_size > 1)
      spdlog::warn("worker: batch-size-ignored, COG_BATCH_SIZE is set, and the model has no method with @cog.batch");
    return plan;
  }
  if (config.batch_size > declared.max_size)
    problem = fmt::format("COG_BATCH_SIZE={} is more than the {} that the model's @cog.batch allows", config.batch_size,
                          declared.max_size);
  plan.size = config.batch_size > 0 ? config.batch_size : declared.max_size;
  plan.wait = config.batch_wait_ms.value_or(declared.max_wait_ms) / 1e3;
  plan.keys = batch_inputs(declared.key, document);
  plan.isolate = declared.isolate;
  return plan;
}

}   // namespace

description_ptr describe_model(const server_config& config, const described_frame& described, std::string& problem,
                               uint64_t source) {
  auto text = config.openapi_schema.empty() ? described.document : std::string_view{config.openapi_schema};
  auto document = make_document(text, problem, config.api.get());
  if (!problem.empty()) {   // an input would reach the model unchecked
    problem.insert(0, "the schema of the model is invalid: ");
    return nullptr;
  }
  if (document && config.mode == "train")
    document = training_document(*document);
  if (source == 0) {   // that file is made at the start
    compare_with_bundled(config, document);
  } else if (document) {
    auto changed = std::make_shared<model_document>(*document);
    changed->source = source;
    document = std::move(changed);
  }
  auto batch = plan_batch(config, described.batch, document.get(), problem);
  if (!problem.empty())
    return nullptr;
  auto plan = plan_pool(config, described.async, described.concurrency);
  auto model = std::make_shared<model_description>();
  model->source = source;
  model->document = std::move(document);
  model->async = described.async;
  model->healthcheck = described.healthcheck;
  model->training = described.training;
  model->concurrency = described.concurrency;
  model->workers = plan.workers;
  model->capacity = plan.capacity;
  model->batch = std::move(batch);
  return model;
}

}   // namespace cog
