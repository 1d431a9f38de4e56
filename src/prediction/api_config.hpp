#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// What an input is for a client that does not know the model (docs/clients.md).
enum class input_role : uint8_t {
  prompt,
  messages,
  system,
  image,
  audio,
  texts,
  max_tokens,
  stop,
  n,
  size,
  voice,
  format,
};
constexpr std::array<std::string_view, 12> role_names{"prompt",     "messages", "system", "image", "audio", "texts",
                                                      "max_tokens", "stop",     "n",      "size",  "voice", "format"};

/// The families of clients that a server can answer.
constexpr std::array<std::string_view, 7> dialect_names{"openai", "kserve",      "sagemaker", "vertex",
                                                        "azure",  "huggingface", "replicate"};

/// How messages become one prompt.
enum class chat_style : uint8_t { plain, last, chatml };
constexpr std::array<std::string_view, 3> chat_styles{"plain", "last", "chatml"};

/// The block `api` of cog.yaml, which COG_API replaces.
struct api_config {
  std::string name;                                                 // of the model, as clients see it
  std::array<std::vector<std::string>, role_names.size()> inputs;   // by role; two for a size: width and height
  std::string output;                                               // path of a part of the output, with dots
  chat_style chat = chat_style::plain;
  std::vector<std::string> off;   // of `dialect_names`

  bool serves(std::string_view dialect) const;
};

/// What is wrong with a block, and where: `inputs.prompt`, or nothing for the whole.
struct api_problem {
  std::string place;
  std::string what;

  std::string text() const { return place.empty() ? what : place + ": " + what; }
};

/// Reads the block from its JSON.
api_config read_api_config(std::string_view json, std::vector<api_problem>& problems);

/// Null stands for an empty block.
const api_config& api_or_default(const std::shared_ptr<const api_config>& api);

}   // namespace cog
