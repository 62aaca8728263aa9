-- What wrk sends: the request that the environment describes, with an id of its own each time.
local before, after = os.getenv("BENCH_BODY"):match("^(.-)@ID@(.*)$")
local number = 0

wrk.method = "POST"
for name, value in os.getenv("BENCH_HEADERS"):gmatch("([^:\n]+): ([^\n]*)") do
  wrk.headers[name] = value
end

function request()
  number = number + 1
  return wrk.format(nil, nil, nil, before .. number .. after)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n",
    summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
