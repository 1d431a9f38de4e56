#pragma once
#include "actors/errc.hpp"
#include "gpu/device.hpp"
#include "io/body_reader.hpp"
#include "prediction/answer.hpp"
#include "prediction/event.hpp"
#include "prediction/health_state.hpp"
#include "prediction/prediction.hpp"
#include "prediction/request.hpp"
#include "prediction/schema.hpp"
#include <caf/all.hpp>
#include <memory>
#include <string>
#include <vector>

// The whole vocabulary: who may ask whom for what. Big things travel by pointer to const.

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
};
using prepared_ptr = std::shared_ptr<const prepared_input>;

/// One output file to upload.
struct upload_job {
  output_file file;
  std::string prediction;   // its id
  folder_ptr holder;        // of the file
};

/// One HTTP POST, with the header lines given.
struct post_job {
  std::string url;
  body_ptr body;
  std::vector<folder_ptr> holders;   // of the files in it
  std::vector<std::string> headers;
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

/// A piece of a file, to be read and written in base64.
struct file_piece {
  std::string path;
  uint64_t offset = 0;   // bytes; a multiple of 3
  uint64_t length = 0;   // bytes; a multiple of 3 unless it is the last piece
};

/// The devices a worker may use, and what its processes are told of them.
struct device_lease {
  std::vector<gpu_device> devices;        // in the order of CUDA's ordinals; empty: there are none
  std::vector<std::string> environment;   // NAME=value; empty: as ours is
  uint64_t workers = 1;                   // among whom the devices were divided
};
using lease_ptr = std::shared_ptr<const device_lease>;

/// The devices all workers together may use, for people.
struct device_report {
  struct entry {
    gpu_device device;
    std::vector<uint64_t> workers;   // that hold it
    bool lost = false;
  };
  std::string driver;
  std::string cuda;
  std::vector<entry> devices;
};
using device_report_ptr = std::shared_ptr<const device_report>;

}   // namespace cog

// These stay in this process, so they owe no inspect().
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::request_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::snapshot_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cog::snapshot_ptr>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::event_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::body_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::post_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::webhook_fate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::folder_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::post_outcome)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::document_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::prepared_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::health_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::description_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::worker_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::input_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::upload_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::file_piece)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::lease_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::device_report_ptr)

CAF_BEGIN_TYPE_ID_BLOCK(cog, caf::first_custom_type_id)
  CAF_ADD_ATOM(cog, cog::atom, run, "run")
  CAF_ADD_ATOM(cog, cog::atom, rerun, "rerun")
  CAF_ADD_ATOM(cog, cog::atom, cancel, "cancel")
  CAF_ADD_ATOM(cog, cog::atom, find, "find")
  CAF_ADD_ATOM(cog, cog::atom, attach, "attach")
  CAF_ADD_ATOM(cog, cog::atom, detach, "detach")
  CAF_ADD_ATOM(cog, cog::atom, event, "event")
  CAF_ADD_ATOM(cog, cog::atom, post, "post")
  CAF_ADD_ATOM(cog, cog::atom, check, "check")
  CAF_ADD_ATOM(cog, cog::atom, metrics, "metrics")
  CAF_ADD_ATOM(cog, cog::atom, start, "start")
  CAF_ADD_ATOM(cog, cog::atom, drain, "drain")
  CAF_ADD_ATOM(cog, cog::atom, describe, "describe")
  CAF_ADD_ATOM(cog, cog::atom, document, "document")
  CAF_ADD_ATOM(cog, cog::atom, report, "report")
  CAF_ADD_ATOM(cog, cog::atom, retire, "retire")
  CAF_ADD_ATOM(cog, cog::atom, release, "release")
  CAF_ADD_ATOM(cog, cog::atom, enlist, "enlist")
  CAF_ADD_ATOM(cog, cog::atom, prepare, "prepare")
  CAF_ADD_ATOM(cog, cog::atom, fetch, "fetch")
  CAF_ADD_ATOM(cog, cog::atom, store, "store")
  CAF_ADD_ATOM(cog, cog::atom, decode, "decode")
  CAF_ADD_ATOM(cog, cog::atom, encode, "encode")
  CAF_ADD_ATOM(cog, cog::atom, sweep, "sweep")
  CAF_ADD_ATOM(cog, cog::atom, touch, "touch")
  CAF_ADD_ATOM(cog, cog::atom, perform, "perform")
  CAF_ADD_ATOM(cog, cog::atom, tick, "tick")
  CAF_ADD_ATOM(cog, cog::atom, reserve, "reserve")
  CAF_ADD_ATOM(cog, cog::atom, closed, "closed")
  CAF_ADD_ATOM(cog, cog::atom, shutdown, "shutdown")
  CAF_ADD_ATOM(cog, cog::atom, lease, "lease")
  CAF_ADD_ATOM(cog, cog::atom, lost, "lost")
  CAF_ADD_ATOM(cog, cog::atom, inventory, "inventory")
CAF_END_TYPE_ID_BLOCK(cog)

namespace cog {

using files_actor = caf::typed_actor<
  // Decodes the data URL of one input into a file of its own in the folder; answers its path, or `bad_data_url`.
  caf::replies_to<atom::decode, input_job>::with<std::string>,
  // Reads a piece of a file; answers it in base64.
  caf::replies_to<atom::encode, file_piece>::with<std::string>,
  // Writes the texts of a body into one file of the folder; answers the body with places in it instead, or
  // `file_failed`.
  caf::replies_to<atom::store, folder_ptr, body_ptr>::with<body_ptr>,
  // Removes a folder with all that is in it.
  caf::reacts_to<atom::sweep, std::string>,
  // Makes sure that there is a file of this path, an empty one if need be.
  caf::reacts_to<atom::touch, std::string>>;

using transfer_actor = caf::typed_actor<
  // Downloads the URL of one input into a file of its own in the folder; answers its path, or `download_failed`.
  caf::replies_to<atom::fetch, input_job>::with<std::string>,
  // Uploads one output file; answers its URL, or `upload_failed`.
  caf::replies_to<atom::store, upload_job>::with<std::string>,
  // Sends one webhook.
  caf::replies_to<atom::post, post_job>::with<post_outcome>,
  // Gives up every download into the folder of this path and every upload from it: the asker gets `canceled`.
  caf::reacts_to<atom::cancel, std::string>,
  // INTERNAL: moves the running transfers on.
  caf::reacts_to<atom::perform>>;

using inputs_actor = caf::typed_actor<
  // Answers once every file of the input is there, or with the first failure. It has begun before it was asked.
  caf::replies_to<atom::prepare>::with<prepared_ptr>>;

using follower_actor = caf::typed_actor<
  // Something has happened in the prediction it follows.
  caf::reacts_to<atom::event, event_ptr>>;

using courier_actor = follower_actor::extend<
  // The server stops: what has failed so far is tried again at once, and given up after a few attempts.
  caf::reacts_to<atom::drain>,
  // Too many wait: gives its terminal webhook up.
  caf::reacts_to<atom::cancel>,
  // INTERNAL: time for another attempt.
  caf::reacts_to<atom::tick>>;

using mailroom_actor = caf::typed_actor<
  // The terminal webhook of this courier waits to be taken. Beyond 10,000 the one that has waited longest is given up.
  caf::reacts_to<atom::enlist, courier_actor>,
  // What has become of so many webhooks.
  caf::reacts_to<atom::report, webhook_fate, uint64_t>,
  // Both in the text format of Prometheus.
  caf::replies_to<atom::metrics>::with<std::string>>;

/// Event streams of one prediction at once.
constexpr size_t most_followers = 1024;

/// Who accompanies a prediction; inputs and courier may be null.
struct companions {
  inputs_actor inputs;                   // makes its input files
  courier_actor courier;                 // brings its webhooks
  std::vector<follower_actor> streams;   // of the client who made it, and of those who came while it waited
};

}   // namespace cog

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::companions)

namespace cog {

using worker_actor = caf::typed_actor<
  // Starts the subprocess; sent once.
  caf::reacts_to<atom::start>,
  // Runs one prediction to its end. The router has counted the slot; one that comes while a synchronous model's slot is
  // taken begins when it is free.
  caf::replies_to<atom::run, request_ptr, companions>::with<snapshot_ptr>,
  // Cancels the prediction made by this request, if it still runs.
  caf::reacts_to<atom::cancel, request_ptr>,
  // Tells the state of a prediction in flight; asks the router if it has ended meanwhile.
  caf::replies_to<atom::find, std::string>::with<snapshot_ptr>,
  // Tells its events from the first on to a further follower. Errors: too_many_followers.
  caf::replies_to<atom::attach, std::string, follower_actor>::with<snapshot_ptr>,
  // A follower has left.
  caf::reacts_to<atom::detach, std::string, follower_actor>,
  // Asks the model's healthcheck(); an empty answer means healthy.
  caf::replies_to<atom::check>::with<std::string>,
  // Ends the subprocess; answers when it is gone. Sent when nothing runs any more.
  caf::replies_to<atom::drain>::with<caf::unit_t>,
  // A device it holds is gone, the text says which and why: ends the subprocess and asks for another lease.
  caf::reacts_to<atom::lost, std::string>>;

using devices_actor = caf::typed_actor<
  // The devices of worker `index` of so many (0: as many as there are devices), which are the same ones each time unless
  // one was lost. Answers once the driver has told what there is. Errors: no_device.
  caf::replies_to<atom::lease, uint64_t, uint64_t, worker_actor>::with<lease_ptr>,
  // The worker was given up: what it held is free.
  caf::reacts_to<atom::release, uint64_t>,
  // What there is, and who holds it.
  caf::replies_to<atom::inventory>::with<device_report_ptr>,
  // The same with memory and utilisation as they are now, in the text format of Prometheus; empty without devices.
  caf::replies_to<atom::metrics>::with<std::string>,
  // INTERNAL: time to see whether all devices are still there.
  caf::reacts_to<atom::tick>>;

using health_actor = caf::typed_actor<
  // The model is known, and so are all workers: the ones to ask for its healthcheck() and what to show.
  caf::reacts_to<atom::describe, description_ptr, std::vector<worker_actor>>,
  // Takes note of what a worker has become.
  caf::reacts_to<atom::report, worker_report>,
  // Tells the one state shown to the world, given the free slots; asks the model's own healthcheck() if it has one.
  caf::replies_to<atom::check, uint64_t>::with<health_ptr>>;

using router_actor = caf::typed_actor<
  // Runs a prediction and answers its end, or, when the request says respond-async or there is a follower (null: none),
  // that it was accepted. A PUT whose id is in flight is answered with the state of that one, a PUT of what is kept with
  // its result. Unless the state is terminal, events come to the follower, maybe before the answer does.
  // Errors: invalid_input, not_streaming, at_capacity, not_ready, setup_failed, defunct, draining, id_in_flight,
  // too_many_followers.
  caf::replies_to<atom::run, request_ptr, follower_actor>::with<snapshot_ptr>,
  // A worker gives back what it could not begin.
  caf::replies_to<atom::rerun, request_ptr, companions>::with<snapshot_ptr>,
  // Tells the events of the prediction from the first on; one that has ended answers its result. Errors: not_found,
  // too_many_followers.
  caf::replies_to<atom::attach, std::string, follower_actor>::with<snapshot_ptr>,
  // The follower of this prediction has left.
  caf::reacts_to<atom::detach, std::string, follower_actor>,
  // The state of a prediction, in flight or kept; `not_found` else.
  caf::replies_to<atom::find, std::string>::with<snapshot_ptr>,
  // Those that are kept, the newest last.
  caf::replies_to<atom::find>::with<std::vector<snapshot_ptr>>,
  // The client of this request has left.
  caf::reacts_to<atom::cancel, request_ptr>,
  // Cancels by id; tells whether it is in flight.
  caf::replies_to<atom::cancel, std::string>::with<bool>,
  // The model's document; null until worker 0 has described the model.
  caf::replies_to<atom::document>::with<document_ptr>,
  // What the pool has done and how it stands, in the text format of Prometheus.
  caf::replies_to<atom::metrics>::with<std::string>,
  // Passed on to health together with the free slots.
  caf::replies_to<atom::check>::with<health_ptr>,
  // Worker 0 has loaded the model: what it is, and how many workers it gets.
  caf::reacts_to<atom::describe, description_ptr>,
  // A worker has changed its state; passed on to health.
  caf::reacts_to<atom::report, worker_report>,
  // The model of worker `index` is done with the prediction of this request, whose files are still being uploaded; the
  // slot is free.
  caf::reacts_to<atom::release, uint64_t, request_ptr>,
  // The prediction of this request has ended on worker `index`, or never began there (null); the slot is free unless it
  // was released before.
  caf::reacts_to<atom::retire, uint64_t, request_ptr, snapshot_ptr>,
  // Accepts nothing more, cancels what waits, and answers when no prediction is in flight and all workers are gone.
  // With the flag: cancels what runs, too.
  caf::replies_to<atom::drain, bool>::with<caf::unit_t>>;

using connection_actor = follower_actor::extend<
  // Closes at once when idle, else after the answer that is due.
  caf::reacts_to<atom::drain>>;

using listener_actor = caf::typed_actor<
  // Sets so many bytes of body memory aside for the connection of this number, in place of what it had; false when
  // there are not enough.
  caf::replies_to<atom::reserve, uint64_t, uint64_t>::with<bool>,
  // The connection of this number is gone.
  caf::reacts_to<atom::closed, uint64_t>,
  // Accepts no more connections and lets go of the idle ones; answers when the last has gone.
  caf::replies_to<atom::drain>::with<caf::unit_t>>;

using stopper_actor = caf::typed_actor<
  // The listener is there; sent once.
  caf::reacts_to<atom::start, listener_actor>,
  // Stop gracefully; the second time at once.
  caf::reacts_to<atom::shutdown>,
  // INTERNAL: time to cancel what runs, or (true) to give up.
  caf::reacts_to<atom::tick, bool>>;

}   // namespace cog
