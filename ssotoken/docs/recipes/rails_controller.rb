# JWT SSO for a Bettermode community, in Rails: app/controllers/community_controller.rb, gem "jwt", and these routes:
#   get "community/login", to: "community#login" # the Authorization URL and the Sign Up URL
#   match "sign-in", to: "community#sign_in", via: [:get, :post]
#   get "logout", to: "community#logout" # the Logout URL
require 'jwt'
require 'return_path' # in lib

class CommunityController < ApplicationController
  # Yours: the members, and how they sign in.
  MEMBERS = {
    'user-7' => { name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true },
    'user-8' => { name: 'Eve', email: 'eve@example.com', email_verified: false }
  }.freeze
  PASSWORDS = { %w[ada@example.com demo] => 'user-7', %w[eve@example.com demo] => 'user-8' }.freeze
  FORM = '<%= form_tag("/sign-in") { text_field_tag(:email) + password_field_tag + submit_tag("Sign in") } %>'.freeze

  before_action { response.headers['Cache-Control'] = 'no-store' }

  def login
    return render plain: 'Open this page in your browser.', status: :forbidden unless navigation?

    back = ReturnPath.of(params[:referrer_uri])
    member = MEMBERS[session[:member]]
    unless member
      session[:back] = back
      return head :see_other, location: '/sign-in'
    end
    return render plain: 'Confirm your email address first.', status: :forbidden unless member[:email_verified]

    now = Time.now.to_i
    claims = { sub: session[:member], name: member[:name], email: member[:email], iat: now, exp: now + 60 }
    token = JWT.encode(claims, ENV.fetch('SSO_KEY'), 'HS256')
    response.headers['Referrer-Policy'] = 'no-referrer'
    url = "#{ENV.fetch('COMMUNITY')}/api/auth/sso?jwt=#{token}&redirect_uri=#{ERB::Util.url_encode(back)}"
    head :see_other, location: url # redirect_to has a body with the address, and believes the Host header
  end

  def sign_in
    id = PASSWORDS[request.POST.values_at(:email, :password)]
    return render inline: FORM unless id

    back = session[:back] || '/'
    reset_session # an id from before the sign-in is nobody's
    session[:member] = id
    head :see_other, location: "/community/login?referrer_uri=#{ERB::Util.url_encode(back)}"
  end

  def logout
    reset_session
    head :see_other, location: '/'
  end

  private

  # A token is for a person who navigates: not for HEAD, a prefetch or a script.
  def navigation?
    request.get? && !request.headers['Sec-Purpose'] && !request.headers['Purpose'] &&
      [nil, 'navigate'].include?(request.headers['Sec-Fetch-Mode'])
  end
end
