<?php
// The return path's rule: what may go into redirect_uri. Vectors: ssotoken/vectors/returnpaths.json.
// It needs the extensions intl and mbstring.
final class ReturnPath
{
    // What leads elsewhere: a backslash or control character; %uXXXX; an empty first segment; a dot segment; an
    // endpoint of the community, such as /api or /logout.
    private const AWAY = '~[\\\\\p{Cc}]|%U[0-9A-F]{4}|^/\s*([;?#][^/]*)?/|/\s*\.\.?\s*([;?#/]|$)'
        . '|^/\s*(API|AUTH|SSOS|LOG-?(IN|OUT)|SIGN-?(IN|OUT|UP))\s*([./;?#]|$)~u';

    // Returns the value if every reader takes it for a page of the community, and "/" otherwise. A good value is never
    // changed.
    public static function of(mixed $value): string
    {
        $isPath = is_string($value) && str_starts_with($value, '/') && strlen($value) <= 2000;
        if (!$isPath || !mb_check_encoding($value, 'UTF-8') || preg_match('/\p{Cc}/u', $value)) {
            return '/';
        }
        $path = self::fold(preg_split('/[?#]/', $value)[0]);
        for ($decodings = 0; $decodings <= 6; $decodings++) { // a page is encoded once, or a few times by mistake
            if (preg_match(self::AWAY, $path)) {
                return '/';
            }
            $decoded = rawurldecode($path);
            if ($decoded === $path) {
                return $value;
            }
            if (!mb_check_encoding($decoded, 'UTF-8')) {
                return '/';
            }
            $path = self::fold($decoded);
        }
        return '/';
    }

    // Writes text as a server reads it that ignores case, marks, invisible characters and look-alikes.
    private static function fold(string $text): string
    {
        $text = preg_replace('/[\p{M}\p{Cf}\x{115f}\x{1160}]/u', '', Normalizer::normalize($text, Normalizer::FORM_KD));
        $text = preg_replace('/[\x{2044}\x{2215}\x{2571}\x{27cb}\x{29f8}]/u', '/', mb_strtoupper(mb_strtolower($text)));
        return str_replace("\u{3002}", '.', preg_replace('/[\x{2216}\x{29f5}\x{29f9}]/u', '\\\\', $text));
    }
}
