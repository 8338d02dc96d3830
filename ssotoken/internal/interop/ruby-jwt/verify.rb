# Reads {"key", "now"} and then lines of {"token", "claims"} from standard
# input. Verifies each token, and compares all claims.
require "json"
require "jwt"

first, *lines = $stdin.set_encoding("UTF-8").read.strip.split("\n")
key = JSON.parse(first)["key"]
lines.each_with_index do |line, i|
  want = JSON.parse(line)
  # ruby-jwt always uses the system's clock, so the test signs by it.
  got, header = JWT.decode(want["token"], key, true, { algorithm: "HS256", required_claims: %w[exp iat sub] })
  abort "member #{i}: the claims differ" if got != want["claims"] || header != { "alg" => "HS256", "typ" => "JWT" }
end
puts lines.size
