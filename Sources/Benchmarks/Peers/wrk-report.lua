-- What `Benchmarks serve` has wrk do: the arguments after `--` say whether a body of 1 KB is posted, and whether each
-- request has a connection of its own. One line at the end has the figures, times in microseconds.

function init(args)
  for _, argument in ipairs(args) do
    if argument == "post" then
      wrk.method = "POST"
      wrk.headers["Content-Type"] = "text/plain"
      wrk.body = string.rep("0123456789abcdef", 64)
    elseif argument == "close" then
      wrk.headers["Connection"] = "close"
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("figures %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
