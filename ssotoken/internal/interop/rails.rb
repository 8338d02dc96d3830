# Runs the recipe's controller in Rails, in the current folder: ruby rails.rb. Puma prints the port.
require 'action_controller/railtie'
require 'rack/handler/puma'

class Site < Rails::Application
  config.load_defaults 6.1
  config.eager_load = true
  config.secret_key_base = ENV.fetch('SESSION_SECRET')
  config.session_store :cookie_store, key: 'session'
  config.logger = Logger.new(File::NULL)
end
ApplicationController = Class.new(ActionController::Base)
$LOAD_PATH << Dir.pwd
require 'rails_controller'
Site.initialize!
Site.routes.draw do # as the recipe says
  File.readlines('rails_controller.rb').grep(/^#   (get|match) /) { |line| instance_eval(line.delete_prefix('#')) }
end
Rack::Handler::Puma.run(Site, Host: '127.0.0.1', Port: 0)
