#pragma once
#include "prediction/metrics.hpp"
#include "prediction/prediction.hpp"
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The frames of docs/worker-protocol.md. Views point into the payload that was parsed; nullopt means a malformed one.

namespace cog {

constexpr uint64_t protocol_version = 3;
constexpr size_t frame_header_size = 5;   // bytes: length of the payload, kind

enum class frame_kind : uint8_t {
  run = 1,
  batch = 2,
  hello = 16,
  described = 17,
  ready = 18,
  setup_failed = 19,
  output = 32,
  log = 33,
  metric = 34,
  done = 35,
  poisoned = 36,
  cancel = 64,
  healthcheck = 65,
  ping = 66,
  end = 67,
  lease = 68,
  health = 80,
  pong = 81,
};

struct frame {
  frame_kind kind;
  std::string_view payload;
};

// -- to the worker -----------------------------------------------------------

/// The meta object of a run frame: `context` is a JSON object, `pointers` tell where the input has local files, the rest
/// are headers of the request. Empty when there is nothing to say.
std::string run_meta(std::string_view context, std::span<const std::string> pointers, std::string_view traceparent = {},
                     std::string_view tracestate = {});

/// A run frame up to its input, whose `input_length` bytes are to follow.
std::string run_prefix(uint64_t number, std::string_view meta, size_t input_length);

/// The next so many run frames are to be run together.
std::string batch_frame(uint32_t count);

std::string cancel_frame(uint64_t number);
std::string healthcheck_frame(uint64_t question);
std::string ping_frame(uint64_t question);
std::string end_frame();

/// What the process may use: the JSON object that docs/worker-protocol.md describes.
std::string lease_frame(std::string_view json);

// -- to the server -----------------------------------------------------------

struct hello_frame {
  uint64_t protocol = 0;
  uint64_t pid = 0;
  std::string python;
  std::string sdk;
};
std::optional<hello_frame> parse_hello(std::string_view payload);

/// How predictions of a model go together.
struct batch_info {
  uint64_t max_size = 0;   // 0: they do not
  double max_wait_ms = 0;
  std::vector<std::string> key;   // names of inputs
  bool isolate = false;
};

struct described_frame {
  bool async = false;
  bool healthcheck = false;
  bool streaming = false;
  bool training = false;
  uint64_t concurrency = 0;   // 0: not given
  batch_info batch;
  std::string_view document;
};
std::optional<described_frame> parse_described(std::string_view payload);

struct setup_failed_frame {
  std::string error;
  std::string traceback;
  std::string line;        // the same in one line, with the place in the model's own files
  bool shortage = false;   // the machine lacked something: it may go well another time
};
std::optional<setup_failed_frame> parse_setup_failed(std::string_view payload);

/// The `size` of the files is not known yet. `chunk` is JSON, which nobody checks again.
struct output_frame {
  uint64_t number = 0;
  std::vector<output_file> files;
  std::string_view chunk;
};
std::optional<output_frame> parse_output(std::string_view payload);

enum class log_source : uint8_t { out = 1, err = 2 };

/// As the server log names it: `Stdout` or `Stderr`.
std::string_view to_string(log_source source);

struct log_frame {
  uint64_t number = 0;   // 0: of no prediction
  log_source source = log_source::out;
  std::string_view text;
};
std::optional<log_frame> parse_log(std::string_view payload);

struct metric_frame {
  uint64_t number = 0;
  metric_mode mode = metric_mode::replace;
  std::string_view name;
  std::string_view value;
};
std::optional<metric_frame> parse_metric(std::string_view payload);

/// `undone`: the call that it was part of has raised, and it may be run again.
enum class done_status : uint8_t { succeeded, failed, canceled, undone };
enum class done_shape : uint8_t { sent_chunks, value, chunk_list };

/// The `size` of the files is not known yet.
struct done_frame {
  uint64_t number = 0;
  done_status status = done_status::succeeded;
  done_shape shape = done_shape::sent_chunks;
  std::vector<output_file> files;
  std::string_view rest;
};
std::optional<done_frame> parse_done(std::string_view payload);

struct health_frame {
  uint64_t question = 0;
  bool healthy = false;
  std::string_view text;
};
std::optional<health_frame> parse_health(std::string_view payload);

/// Returns the question.
std::optional<uint64_t> parse_pong(std::string_view payload);

// -- reading -----------------------------------------------------------------

/// Cuts a stream of bytes into frames. Bytes are read straight into its buffer, and a frame is a view into it.
class frame_reader {
public:
  static constexpr size_t smallest_buffer = 64 * 1024;          // bytes
  static constexpr size_t buffer_to_keep = 1024 * 1024;         // bytes; a bigger one goes once it is empty
  static constexpr size_t largest_frame = 1024 * 1024 * 1024;   // bytes of payload

  /// Where the next bytes belong: large enough for the frame that has begun, and never empty once `next` has said
  /// nullopt. Ends the life of all frames handed out before.
  std::span<char> prepare();

  /// `count` bytes have been put there.
  void commit(size_t count);

  /// The next whole frame; nullopt when more bytes are needed, or the stream is broken.
  std::optional<frame> next();

  /// What is wrong with the stream; empty when nothing is.
  const std::string& problem() const { return problem_; }

  size_t capacity() const { return capacity_; }

private:
  size_t wanted() const;
  void make_room(size_t capacity);

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;   // of what has not been handed out
  size_t end_ = 0;
  std::string problem_;
};

}   // namespace cog
