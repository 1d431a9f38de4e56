#pragma once
#include "io/body_reader.hpp"
#include "io/upload_files.hpp"
#include "prediction/prediction.hpp"
#include "prediction/request.hpp"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What the actors for files and transfers are asked to do.

namespace cog {

using request_ptr = std::shared_ptr<const prediction_request>;

/// One input file to make: the data URL or URL at `value` of the request's body, into `folder`.
struct input_job {
  request_ptr request;
  file_value value;
  folder_ptr target;
  uint64_t index = 0;   // tells the files of one prediction apart
};

/// The input as the worker process gets it: local paths in place of the URLs.
struct prepared_input {
  std::string json;
  std::vector<std::string> pointers;   // JSON pointers of the strings that are now paths
  folder_ptr holder;                   // where they lie
  memory_lease memory;                 // of the JSON
};
using prepared_ptr = std::shared_ptr<const prepared_input>;

/// What has come of the files of a request.
struct upload_pieces {
  std::shared_ptr<upload_files> target;
  std::vector<upload_piece> pieces;
  memory_lease memory;   // of them
};
using pieces_ptr = std::shared_ptr<const upload_pieces>;

/// One output file to upload.
struct upload_job {
  output_file file;
  std::string prediction;   // its id
  folder_ptr holder;        // of the file
};

/// One HTTP POST, with the header lines given, signed if it has an id.
struct post_job {
  std::string url;
  body_ptr body;
  std::vector<folder_ptr> holders;   // of the files in it
  std::vector<std::string> headers;
  std::vector<std::string> private_headers{};   // for this host and method: not sent on where a redirect leads away
  std::string id{};                             // of the delivery, where webhooks are signed
};

/// What came of it; status 0: no answer, `error` says why.
struct post_outcome {
  uint64_t status = 0;
  uint64_t retry_after = 0;   // seconds, of that header; 0: none
  bool refused = false;       // by COG_FORBID_PRIVATE_URLS
  std::string error;
};

/// What has become of a webhook: `sent`: answered 2xx; `failed`: not, and not sent again; `retried`: sent once more;
/// `given_up`: a terminal one that nobody took; `collapsed`: a later one stands for it.
enum class webhook_fate : uint8_t { sent, failed, retried, given_up, collapsed };

/// A piece of a file, to be read and written in base64. Offset and length are multiples of 3 then, but for the length of
/// the last piece.
struct file_piece {
  std::string path;
  uint64_t offset = 0;   // bytes
  uint64_t length = 0;   // bytes
  bool raw = false;      // it is written as it is
};

/// For people who look at the state of webhooks.
struct webhook_counts {
  uint64_t waiting = 0;    // terminal ones that nobody has taken yet
  uint64_t given_up = 0;   // since the start
};

}   // namespace cog
