#pragma once
#include <string>

namespace cog {

class form;
class http_request;
class input_schema;

/// Makes the whole body of a request the model's one file input, or else the only one that is required; the query gives
/// other inputs. Returns why the body has no such place, empty when it has. `schema` may be null.
std::string begin_raw(const http_request& request, const input_schema* schema, form& inputs);

}   // namespace cog
