#pragma once
#include "actors/errc.hpp"
#include "actors/jobs.hpp"
#include "gpu/device_lease.hpp"
#include "pool/pool_status.hpp"
#include "prediction/event.hpp"
#include "prediction/schema.hpp"
#include "process/process_usage.hpp"
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

// The whole vocabulary: who may ask whom for what. Big things travel by pointer to const.

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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::status_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::webhook_counts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<cog::process_usage>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::description_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::worker_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::source_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::input_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::upload_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::pieces_ptr)
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
  CAF_ADD_ATOM(cog, cog::atom, watch, "watch")
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
  CAF_ADD_ATOM(cog, cog::atom, closed, "closed")
  CAF_ADD_ATOM(cog, cog::atom, shutdown, "shutdown")
  CAF_ADD_ATOM(cog, cog::atom, lease, "lease")
  CAF_ADD_ATOM(cog, cog::atom, lost, "lost")
  CAF_ADD_ATOM(cog, cog::atom, inventory, "inventory")
  CAF_ADD_ATOM(cog, cog::atom, reload, "reload")
  CAF_ADD_ATOM(cog, cog::atom, batch, "batch")
CAF_END_TYPE_ID_BLOCK(cog)

namespace cog {

using files_actor = caf::typed_actor<
  // Decodes the data URL of one input into a file of its own in the folder; answers its path, or `bad_data_url`.
  caf::replies_to<atom::decode, input_job>::with<std::string>,
  // Reads a piece of a file; answers it in base64, or as it is.
  caf::replies_to<atom::encode, file_piece>::with<std::string>,
  // Writes the texts of a body into one file of the folder; answers the body with places in it instead, or
  // `file_failed`.
  caf::replies_to<atom::store, folder_ptr, body_ptr>::with<body_ptr>,
  // Writes what has come of the files of a request; answers true, or `disk_full` or `file_failed`.
  caf::replies_to<atom::store, pieces_ptr>::with<bool>,
  // What the process of each worker takes.
  caf::replies_to<atom::check, status_ptr>::with<std::vector<process_usage>>,
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

using input_files_actor = caf::typed_actor<
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

using webhook_registry_actor = caf::typed_actor<
  // The terminal webhook of this courier waits to be taken. Beyond 10,000 the one that has waited longest is given up.
  caf::reacts_to<atom::enlist, courier_actor>,
  // What has become of so many webhooks.
  caf::reacts_to<atom::report, webhook_fate, uint64_t>,
  // For people.
  caf::replies_to<atom::check>::with<webhook_counts>,
  // Both in the text format of Prometheus.
  caf::replies_to<atom::metrics>::with<std::string>>;

/// Event streams of one prediction at once.
constexpr size_t most_followers = 1024;

/// The actors that accompany a prediction; all but the streams may be null.
struct prediction_links {
  input_files_actor input_files;            // makes its input files
  courier_actor courier;                    // brings its webhooks
  std::vector<follower_actor> streams;      // of the client who made it, and of those who came while it waited
  std::vector<follower_actor> watchers{};   // those of the streams on whom nothing depends
  prepared_ptr prepared{};                  // what the input files have become; then nobody makes them any more
};

}   // namespace cog

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cog::prediction_links)

namespace cog {

using worker_actor = caf::typed_actor<
  // Starts the subprocess; sent once.
  caf::reacts_to<atom::start>,
  // Runs one prediction to its end. The router has counted the slot; one that comes while a synchronous model's slot is
  // taken begins when it is free.
  caf::replies_to<atom::run, request_ptr, prediction_links>::with<snapshot_ptr>,
  // The next so many that it is asked to run are a batch, which has this number. It tells the router when that is over.
  caf::reacts_to<atom::batch, uint64_t, uint64_t>,
  // Cancels the prediction made by this request, if it still runs.
  caf::reacts_to<atom::cancel, request_ptr>,
  // Tells the state of a prediction in flight; asks the router if it has ended meanwhile.
  caf::replies_to<atom::find, std::string>::with<snapshot_ptr>,
  // Tells its events from the first on to a further follower. Errors: too_many_followers.
  caf::replies_to<atom::attach, std::string, follower_actor>::with<snapshot_ptr>,
  // Tells a further watcher what happens from now on; the answer holds what has happened. Errors: too_many_followers.
  caf::replies_to<atom::watch, std::string, follower_actor>::with<snapshot_ptr>,
  // A follower or watcher has left.
  caf::reacts_to<atom::detach, std::string, follower_actor>,
  // Asks the model's healthcheck(); an empty answer means healthy.
  caf::replies_to<atom::check>::with<std::string>,
  // Ends the subprocess; answers when it is gone. Sent when nothing runs any more.
  caf::replies_to<atom::drain>::with<caf::unit_t>,
  // Workers of a changed source take over, which is the reason given to those whose predictions are cancelled: gives back
  // what it has not begun, cancels the rest, and soon ends the subprocess if that does not help. `drain` follows.
  caf::reacts_to<atom::reload, std::string>,
  // Nobody else holds the devices any more that its subprocess waits for.
  caf::reacts_to<atom::lease>,
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
  // Likewise, with memory and utilisation as they are now.
  caf::replies_to<atom::check>::with<device_report_ptr>,
  // The same with memory and utilisation as they are now, in the text format of Prometheus; empty without devices.
  caf::replies_to<atom::metrics>::with<std::string>,
  // INTERNAL: time to see whether all devices are still there.
  caf::reacts_to<atom::tick>>;

using health_actor = caf::typed_actor<
  // All workers are known: the ones to ask for the model's healthcheck().
  caf::reacts_to<atom::describe, std::vector<worker_actor>>,
  // Asks the workers of these indices, which are ready; answers the state given, UNHEALTHY if one of them says no.
  caf::replies_to<atom::check, health_ptr, std::vector<uint64_t>>::with<health_ptr>>;

using router_actor = caf::typed_actor<
  // Runs a prediction and answers its end, or, when the request says respond-async or there is a follower (null: none),
  // that it was accepted. A PUT whose id is in flight is answered with the state of that one, a PUT of what is kept with
  // its result. Unless the state is terminal, events come to the follower, maybe before the answer does.
  // Errors: invalid_input, not_streaming, at_capacity, too_slow, not_ready, setup_failed, defunct, draining,
  // id_in_flight, too_many_followers.
  caf::replies_to<atom::run, request_ptr, follower_actor>::with<snapshot_ptr>,
  // Whether a request with this head would be taken as things are: true, or one of the errors of `run`.
  caf::replies_to<atom::check, request_ptr>::with<bool>,
  // A worker gives back what it could not begin.
  caf::replies_to<atom::rerun, request_ptr, prediction_links>::with<snapshot_ptr>,
  // Tells the events of the prediction from the first on; one that has ended answers its result. Errors: not_found,
  // too_many_followers.
  caf::replies_to<atom::attach, std::string, follower_actor>::with<snapshot_ptr>,
  // The same for a watcher, who gets only the events after this state. It comes before them.
  caf::replies_to<atom::watch, std::string, follower_actor>::with<snapshot_ptr>,
  // The follower or watcher of this prediction has left.
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
  // Tells the one state shown to the world, the verdict of the model's healthcheck() included if it has one.
  caf::replies_to<atom::check>::with<health_ptr>,
  // How the pool stands and what has happened in it lately.
  caf::replies_to<atom::report>::with<status_ptr>,
  // Worker 0 has loaded the model: what it is, and how many workers it gets.
  caf::reacts_to<atom::describe, description_ptr>,
  // A worker has changed its state.
  caf::reacts_to<atom::report, worker_report>,
  // The project's files have changed: workers of this source take the place of those there are, once they are ready.
  caf::reacts_to<atom::reload, source_ptr>,
  // INTERNAL: what still runs when the workers of this source are to take over has had its time.
  caf::reacts_to<atom::tick, uint64_t>,
  // The model of worker `index` is done with the prediction of this request, whose files are still being uploaded; the
  // slot is free.
  caf::reacts_to<atom::release, uint64_t, request_ptr>,
  // The prediction of this request has ended on worker `index`, or never began there (null); the slot is free unless it
  // was released before.
  caf::reacts_to<atom::retire, uint64_t, request_ptr, snapshot_ptr>,
  // The batch of this number is over on worker `index`, after so many seconds (0: nobody can tell): its slot is free.
  caf::reacts_to<atom::batch, uint64_t, uint64_t, double>,
  // INTERNAL: time to see whether those that wait for more of their kind have waited long enough.
  caf::reacts_to<atom::batch>,
  // Accepts nothing more, goes on with what waits, and answers when no prediction is in flight and all workers are gone.
  // With the flag: cancels what waits and what runs.
  caf::replies_to<atom::drain, bool>::with<caf::unit_t>,
  // INTERNAL: time to see who has waited long enough, and to tell others where they stand.
  caf::reacts_to<atom::tick>>;

using reloader_actor = caf::typed_actor<
  // INTERNAL: waits for the next change.
  caf::reacts_to<atom::tick>>;

using key_watcher_actor = caf::typed_actor<
  // INTERNAL: time to see whether the file of API keys has changed.
  caf::reacts_to<atom::tick>>;

using session_actor = follower_actor::extend<
  // A stop is near: the next answer is the last.
  caf::reacts_to<atom::shutdown>,
  // Closes at once when idle, else after the answer that is due.
  caf::reacts_to<atom::drain>>;

using listener_actor = caf::typed_actor<
  // The connection of this number is gone.
  caf::reacts_to<atom::closed, uint64_t>,
  // A stop is near: goes on accepting, but every answer is the last of its connection.
  caf::reacts_to<atom::shutdown>,
  // Accepts no more connections and lets go of the idle ones; answers when the last has gone.
  caf::replies_to<atom::drain>::with<caf::unit_t>>;

using stopper_actor = caf::typed_actor<
  // This listener is there; sent once for each.
  caf::reacts_to<atom::start, listener_actor>,
  // Stop gracefully; the second time at once. It ends with an error if the model could not run: what had failed.
  caf::reacts_to<atom::shutdown>,
  // INTERNAL: COG_DRAIN_DELAY is over.
  caf::reacts_to<atom::drain>,
  // INTERNAL: time to cancel what runs, or (true) to give up.
  caf::reacts_to<atom::tick, bool>>;

}   // namespace cog
