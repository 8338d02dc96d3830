# Prints the tokens of ruby-jwt, Debian's package of that name, for make.py.
require "bigdecimal"
require "json"
require "jwt"
require "time"

MAKER = "ruby-jwt"
MADE = { version: JWT.gem_version.to_s, mint: {}, judge: {}, own: [] }

def read(name) = JSON.parse(File.read(File.join(__dir__, name), encoding: "UTF-8"))

# The claims of a member, in the order that the SDK has.
def claims(member, now, lifetime)
  out = { "sub" => member["subject"], "name" => member["name"], "email" => member["email"] }
  out["tagline"] = member["tagline"] unless member["tagline"].to_s.strip.empty?
  out["picture"] = member["picture"] unless member["picture"].to_s.empty?
  plan = member["spaces"] || {}
  out.merge!("spaceIds" => plan["ids"], "spacesOperation" => plan["operation"]) if plan["ids"]&.any?
  if plan["changes"]
    out["spaces"] = plan["changes"].map do |c|
      { "spaceId" => c["join"] || c["leave"], "role" => "MEMBER", "action" => c["join"] ? "JOIN" : "LEAVE" }
    end
  end
  custom = (member["custom"] || []).sort_by { |field| field["key"].b }
  out.merge(object(custom), "iat" => now, "exp" => now + lifetime)
end

def object(fields)
  out = fields.to_h { |field| [field["key"], convert(field["type"], field["value"], field["of"])] }
  out.reject { |_, value| value.respond_to?(:empty?) && value.empty? }
end

def convert(type, value, of = nil)
  case type
  when "date" then value[0, 10]
  when "datetime" then Time.iso8601(value).utc.strftime("%Y-%m-%dT%H:%M:%S.%6N").sub(/\.?0*\z/, "") + "Z"
  when "array" then value.map { |element| convert(of, element) }
  when "object" then object(value)
  else value
  end
end

# The library puts typ in no header, and alg last unless it is given.
def sign(payload, key, algorithm = "HS256", header = {})
  JWT.encode(payload, key, algorithm, { alg: algorithm, typ: "JWT" }.merge(header))
end

members = read("members.json")
members["members"].each do |row|
  key, now, lifetime = %w[key now lifetime].map { |name| row.fetch(name, members[name]) }
  MADE[:mint][row["name"]] = sign(claims(row["member"], now, lifetime), key)
end

TOKENS = read("tokens.json")
KEY, NOW = TOKENS.values_at("key", "now")

TOKENS["tokens"].each do |row|
  # The library signs no text, and checks that times are numbers.
  next if row["raw"] || row["payload"] || (row["makers"] && !row["makers"].include?(MAKER))

  payload = row["claims"] || TOKENS["claims"].merge(row["with"] || {})
  payload = payload.except(*row["without"])
  algorithm = row["alg"] || "HS256"
  secret = algorithm == "none" ? nil : row["signWith"] || KEY
  MADE[:judge][row["name"]] = sign(payload, secret, algorithm, (row["header"] || {}).transform_keys(&:to_sym))
end

def judge(name, title, token, refused_for: nil, warned_of: nil, member: nil)
  MADE[:own] << { name: name, title: title, refusedFor: refused_for, warnedOf: warned_of, member: member, token: token }
end

# What a site can do with this library and Ruby's own values.
WHO = { sub: "u-7", name: "Ada Lovelace", email: "ada@example.com" }.freeze
PLAIN = WHO.merge(iat: NOW, exp: NOW + 60).freeze
judge("symbols", "Claims with symbols for names, and no typ", JWT.encode(PLAIN, KEY, "HS256"))
judge("alg-default", "The library's own algorithm", JWT.encode(PLAIN, KEY))
judge("alg-lower", "An algorithm in small letters, which the library mends", JWT.encode(PLAIN, KEY, "hs256"))
judge("time-float", "Times from Time#to_f, not rounded", sign(WHO.merge(iat: NOW + 0.25, exp: NOW + 60.25), KEY), refused_for: %w[iat-not-integer exp-not-integer])
judge("time-decimal", "exp as a BigDecimal, which Ruby writes as text", sign(PLAIN.merge(exp: BigDecimal(NOW + 60)), KEY), refused_for: %w[exp-not-integer])
judge("time-rational", "exp as a Rational, which Ruby writes as text", sign(PLAIN.merge(exp: Rational(NOW + 60)), KEY), refused_for: %w[exp-not-integer])
judge("custom-time", "A Time in a custom field, in Ruby's own form", sign(PLAIN.merge(seen: Time.at(NOW).utc), KEY), member: { fields: { seen: "2023-11-14 22:13:20 UTC" } })
judge("custom-symbol", "A symbol in a custom field is a text", sign(PLAIN.merge(plan: :gold), KEY), member: { fields: { plan: "gold" } })
judge("name-nil", "A name and an email of nil", sign(PLAIN.merge(name: nil, email: nil), KEY), refused_for: %w[name-missing email-missing])
judge("name-twice", "A claim as text and as symbol", sign(PLAIN.merge("sub" => "u-1"), KEY), refused_for: %w[duplicate-name])
judge("list", "A list of claims", sign([PLAIN], KEY), refused_for: %w[payload-json])
judge("text", "The member's ID instead of claims", sign("u-7", KEY), refused_for: %w[payload-json])
judge("nil", "nil instead of claims", sign(nil, KEY), refused_for: %w[payload-json])

puts JSON.generate(MADE)
