# Reads {"key"} and then lines of claims from standard input, and prints a
# token for each.
require "json"
require "jwt"

first, *lines = $stdin.set_encoding("UTF-8").read.strip.split("\n")
key = JSON.parse(first)["key"]
lines.each { |line| puts JWT.encode(JSON.parse(line), key, "HS256") }
