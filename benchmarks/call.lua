-- What wrk sends: the request that the environment describes, with an id of its own each time, and with the tokens of
-- the file BENCH_TOKENS in turn where there is one.
local before, after = os.getenv("BENCH_BODY"):match("^(.-)@ID@(.*)$")
local number, tokens = 0, {}

wrk.method = "POST"
for name, value in os.getenv("BENCH_HEADERS"):gmatch("([^:\n]+): ([^\n]*)") do
  wrk.headers[name] = value
end
if os.getenv("BENCH_TOKENS") ~= "" then
  for token in io.lines(os.getenv("BENCH_TOKENS")) do
    tokens[#tokens + 1] = "Bearer " .. token
  end
end

function request()
  number = number + 1
  if #tokens > 0 then
    wrk.headers["Authorization"] = tokens[number % #tokens + 1]
  end
  return wrk.format(nil, nil, nil, before .. number .. after)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n",
    summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
