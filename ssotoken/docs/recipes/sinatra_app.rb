# JWT SSO for a Bettermode community, in Sinatra: gem install sinatra puma jwt
require 'erb'
require 'jwt'
require 'sinatra'
require_relative 'return_path'

COMMUNITY = ENV.fetch('COMMUNITY') # https://community.example.com

# Yours: the members, and how they sign in.
MEMBERS = {
  'user-7' => { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
  'user-8' => { name: 'Eve', email: 'eve@example.com', email_verified: false }
}.freeze
PASSWORDS = { %w[ada@example.com demo] => 'user-7', %w[eve@example.com demo] => 'user-8' }.freeze
FORM = '<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>'

set :sessions, same_site: :lax, httponly: true, secure: settings.production?
set :session_secret, ENV.fetch('SESSION_SECRET') # 64 characters or more
set :absolute_redirects, false # else the Host header decides where a redirect leads

before { headers 'Cache-Control' => 'no-store' }

helpers do
  # A token is for a person who navigates: not for HEAD, a prefetch or a script.
  def navigation?
    request.get? && %w[SEC_PURPOSE PURPOSE].none? { |name| env["HTTP_#{name}"] } &&
      env.fetch('HTTP_SEC_FETCH_MODE', 'navigate') == 'navigate'
  end
end

get '/community/login' do # the Authorization URL and the Sign Up URL
  halt 403, 'Open this page in your browser.' unless navigation?
  back = ReturnPath.of(params['referrer_uri'])
  member = MEMBERS[session[:member]]
  unless member
    session[:back] = back
    redirect '/sign-in', 303
  end
  halt 403, 'Confirm your email address first.' unless member[:email_verified]
  now = Time.now.to_i
  claims = { sub: session[:member], name: member[:name], email: member[:email], iat: now, exp: now + 60 }
  token = JWT.encode(claims, ENV.fetch('SSO_KEY'), 'HS256')
  headers 'Referrer-Policy' => 'no-referrer'
  redirect "#{COMMUNITY}/api/auth/sso?jwt=#{token}&redirect_uri=#{ERB::Util.url_encode(back)}", 303
end

get('/sign-in') { FORM }

post '/sign-in' do
  id = PASSWORDS[[params['email'], params['password']]]
  halt FORM unless id
  session[:member] = id
  redirect "/community/login?referrer_uri=#{ERB::Util.url_encode(session.delete(:back) || '/')}", 303
end

get '/logout' do # the Logout URL
  session.clear
  redirect '/', 303
end
