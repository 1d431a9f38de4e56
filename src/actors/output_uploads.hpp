#pragma once
#include "process/frame.hpp"
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cog {

/// Output that has come and is told when its files are uploaded.
struct pending_output {
  std::string json;
  std::vector<output_file> files;
  std::vector<std::string> urls;   // of the files
  size_t missing = 0;              // uploads that have not ended
  bool failed = false;             // one of them
  std::optional<done_shape> end;   // the result of the model, not a chunk
};
using pending_ptr = std::shared_ptr<pending_output>;

/// The outputs of one prediction whose files are being uploaded, and what came behind them, in the order of the model.
/// Costs nothing while empty.
class output_uploads {
public:
  /// The caller uploads the files and tells what came of each. `end`: it is the result of the model, not a chunk.
  pending_ptr add(std::string_view json, std::vector<output_file> files, std::optional<done_shape> end = {});
  void uploaded(pending_output& output, size_t file, std::string url);
  void failed(pending_output& output, const std::string& reason);

  /// The next output of which no upload runs any more, with the URLs in the places of its files; null while there is none.
  pending_ptr take_uploaded();

  bool empty() const { return outputs_.empty(); }
  void clear() { outputs_.clear(); }
  /// Why the first upload that failed did so; empty: none has.
  const std::string& error() const { return error_; }

private:
  std::list<pending_ptr> outputs_;
  std::string error_;
};

}   // namespace cog
