# Login handlers in Sinatra: the first two are right, each of the others has the
# flaw that its name says. The key is in SSO_KEY, the community's origin in
# COMMUNITY, its addresses that are no page in ENDPOINTS; the port is free, and
# printed.
require 'json'
require 'jwt'
require 'securerandom'
require 'sinatra/base'
require 'uri'
require 'webrick'

COMMUNITY = ENV.fetch('COMMUNITY')
ADA = { id: 'user-7', name: 'Ada Lovelace', email: 'ada@example.com' }.freeze
SESSIONS = {}

ONE_SLASH = ->(v) { v.match?(%r{\A/(?![/\\])[^\\\x00-\x1f]*\z}) ? v : '/' }
SEGMENTS = lambda do |v|
  path = ONE_SLASH.(v)[/[^?#]*/][1..].split('/', -1)
  ok = path.all? { |s| s.match?(/\A(?!\.{1,2}\z)([[:word:].~@-]|%(?!2[35ef]|3[bf]|5c|c[01]|e0%80|e[2f]|[01])\h{2})*\z/i) } && !path[0..-2].include?('')
  ok &&= v.unicode_normalize(:nfkc) == v && !ENV.fetch('ENDPOINTS').split.include?(path[0].to_s.downcase[/[^.]*/])
  ok ? ONE_SLASH.(v) : '/'
end
URI_JOIN = lambda do |v|
  url = URI.join(COMMUNITY, v)
  "#{url.scheme}://#{url.host}" == COMMUNITY ? v : '/'
rescue URI::Error, ArgumentError, NoMethodError
  '/'
end

CLAIMS = ->(user) { { sub: user[:id], name: user[:name], email: user[:email], iat: Time.now.to_i, exp: Time.now.to_i + 60 } }
LOCATION = ->(_request, token, back) { "#{COMMUNITY}/api/auth/sso?jwt=#{token}&redirect_uri=#{URI.encode_www_form_component(back).gsub('+', '%20')}" }
RIGHT = { back: SEGMENTS, claims: CLAIMS, location: LOCATION, prefetch: false }.freeze
HANDLERS = {
  'segments' => RIGHT,
  'one-slash' => RIGHT.merge(back: ONE_SLASH),
  'uri-join' => RIGHT.merge(back: URI_JOIN),
  'multi-line' => RIGHT.merge(back: ->(v) { v.match?(%r{^/(?![/\\])}) ? v : '/' }),
  'ten-minutes' => RIGHT.merge(claims: ->(user) { CLAIMS.(user).merge(exp: Time.now.to_i + 600) }),
  'prefetch' => RIGHT.merge(prefetch: true),
  'no-percent' => RIGHT.merge(back: ->(v) { SEGMENTS.(v).delete('%') }),
  'no-escapes' => RIGHT.merge(back: ->(v) { v.include?('%') ? '/' : SEGMENTS.(v) }),
  'authenticity-token' => RIGHT.merge(cookie: 'csrf_token'),
  'space-as-text' => RIGHT.merge(claims: ->(user) { CLAIMS.(user).merge(spaceIds: 'a1b2c3') }),
  'community-from-query' => RIGHT.merge(location: ->(r, token, back) { LOCATION.(r, token, back).sub(COMMUNITY, "https://#{r.params['community'] || COMMUNITY.delete_prefix('https://')}") }),
  'home-only' => RIGHT.merge(back: ->(_v) { '/' })
}.freeze

class Partner < Sinatra::Base
  enable :sessions # bound to the browser's User-Agent by rack-protection
  set :session_secret, SecureRandom.hex(64)

  before { headers 'Cache-Control' => 'no-store', 'Referrer-Policy' => 'no-referrer' }

  get '/:name/login' do |name|
    h = HANDLERS.fetch(name)
    user = SESSIONS[session[:member]]
    response.set_cookie(h[:cookie], value: 'made-up', path: '/', same_site: :lax) if h[:cookie]
    halt '<form method="post"><input name="user"><button>Sign in</button></form>' unless user
    halt 403 if request.head? || (request.env['HTTP_SEC_PURPOSE'] && !h[:prefetch])
    token = JWT.encode(h[:claims].(user), ENV.fetch('SSO_KEY'), 'HS256')
    redirect h[:location].(request, token, h[:back].(params['referrer_uri'] || '/')), 303
  end

  post '/:name/login' do
    session[:member] = SecureRandom.hex
    SESSIONS[session[:member]] = ADA
    redirect request.url, 303
  end

  get '/:name/logout' do
    SESSIONS.delete(session.delete(:member))
    redirect '/', 303
  end
end

server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: 0, AccessLog: [], Logger: WEBrick::Log.new(File::NULL))
server.mount('/', Rack::Handler::WEBrick, Partner)
puts server.listeners.first.addr[1]
$stdout.flush
server.start
