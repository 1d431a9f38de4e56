#pragma once
#include "http/response.hpp"
#include "http/routes.hpp"
#include "prediction/request.hpp"
#include "prediction/schema.hpp"
#include "settings/server_config.hpp"
#include <memory>
#include <variant>

namespace cog {

class http_request;
struct received_form;

/// The prediction, all of it filled in; or what the client is told instead.
using made_prediction = std::variant<std::shared_ptr<const prediction_request>, http_response>;

/// Makes the prediction that a POST or PUT asks for, whose body and its memory go into it. Without a document the input
/// is not checked. A wrong input is refused here unless the router has to see the id first: its verdict is in the
/// prediction's errors then. `form`: what stands in place of the request's body; it is used up.
made_prediction make_prediction(http_request& request, const route_match& match, const model_document* document,
                                const server_config& config, received_form* form = nullptr);

/// What of it the router needs to say whether it would be taken, made from the head alone.
made_prediction make_wish(const http_request& request, const route_match& match, const server_config& config);

/// Makes a prediction of a body that this server has written itself out of a request in a dialect: what is wrong with its
/// input is in its errors. Or what the client is told instead, in the words of Cog.
using made_in_dialect = std::variant<std::shared_ptr<prediction_request>, http_response>;
made_in_dialect make_prediction_of(std::string body, http_request& request, const model_document& document,
                                   const server_config& config);

/// Whether the route is that of a training.
bool is_training(route where);

}   // namespace cog
