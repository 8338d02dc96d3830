# The return path's rule: what may go into redirect_uri. Vectors: ssotoken/vectors/returnpaths.json.
module ReturnPath
  # What leads elsewhere: a backslash or control character; %uXXXX; an empty first segment; a dot segment; an endpoint
  # of the community, such as /api or /logout.
  AWAY = %r{[\\[:cntrl:]]|%U[0-9A-F]{4}|\A/[[:space:]]*([;?#][^/]*)?/|/[[:space:]]*\.\.?[[:space:]]*([;?#/]|\z)|
    \A/[[:space:]]*(API|AUTH|SSOS|LOG-?(IN|OUT)|SIGN-?(IN|OUT|UP))[[:space:]]*([./;?#]|\z)}x

  # Returns value if every reader takes it for a page of the community, else "/". A good value is never changed.
  def self.of(value)
    is_path = value.is_a?(String) && value.start_with?('/') && value.bytesize <= 2000 && value.valid_encoding?
    return '/' if !is_path || value.match?(/[[:cntrl:]]/)

    path = fold(value[/\A[^?#]*/])
    7.times do # a page is encoded once, or a few times by mistake
      return '/' if path.match?(AWAY)

      decoded = path.b.gsub(/%\h\h/n) { |escape| escape[1..].hex.chr }.force_encoding('UTF-8')
      return value if decoded == path
      return '/' unless decoded.valid_encoding?

      path = fold(decoded)
    end
    '/'
  end

  # Writes text as a server reads it that ignores case, marks, invisible characters and look-alikes.
  def self.fold(text)
    text = text.unicode_normalize(:nfkd).gsub(/[\p{M}\p{Cf}\u115f\u1160]/, '').downcase.upcase
    text.tr("\u2044\u2215\u2571\u27cb\u29f8", '/').tr("\u2216\u29f5\u29f9", '\\\\').tr("\u3002", '.')
  end
  private_class_method :fold
end
