#pragma once
#include "http/dialects/prediction_plan.hpp"

// The platforms whose requests may be anything: what a body is decides which protocol it is answered in.

namespace cog {

/// SageMaker, Vertex AI and Azure ML.
void plan_invocation(plan_maker& maker);
/// The same in the frames of SageMaker's own streams, as its clients read them.
void plan_invocation_stream(plan_maker& maker);
/// A task of Hugging Face's API.
void plan_task(plan_maker& maker);

/// Fills in the plan of a body that is a file or plain text, without JSON. False: it is neither, or there is a complaint.
bool add_raw_body(plan_maker& maker, input_maker& input);

}   // namespace cog
