-- Sends one request over and over. Arguments: the method and, for a POST, the file that holds the body.
-- The last line of the output is JSON for bench/load.py. wrk counts statuses from 400 on as errors.
function init(args)
  wrk.method = args[1]
  if args[2] then
    local file = assert(io.open(args[2], "rb"))
    wrk.body = file:read("*a")
    file:close()
    wrk.headers["Content-Type"] = "application/json"
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '{"duration_us":%d,"answers":%d,"refused":%d,"broken":%d,"p50_us":%d,"p99_us":%d}',
    summary.duration, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
