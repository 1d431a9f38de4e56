#pragma once
#include <string>
#include <string_view>

namespace cog {

struct model_document;

/// Whether an output may be one file, or a list with one, by the document of a model.
bool output_may_be_file(std::string_view document);

/// The document with what the server takes and gives beside JSON: forms with files, a file as the whole body where an
/// input is the one to take it, and files as answers. Compact, keys ascending.
std::string document_with_forms(const model_document& document);

}   // namespace cog
