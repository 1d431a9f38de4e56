#pragma once
#include "http/dialects/prediction_plan.hpp"

// The routes of OpenAI's API that make predictions.

namespace cog {

void plan_chat(plan_maker& maker);
void plan_completion(plan_maker& maker);
void plan_embeddings(plan_maker& maker);
void plan_images(plan_maker& maker);
void plan_image_edit(plan_maker& maker);
void plan_transcription(plan_maker& maker);
void plan_translation(plan_maker& maker);
void plan_speech(plan_maker& maker);
void plan_response(plan_maker& maker);
/// What no model here does.
void refuse_image_variation(plan_maker& maker);

}   // namespace cog
