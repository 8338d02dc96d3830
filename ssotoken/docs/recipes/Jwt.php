<?php
// HS256, in place of a library. With firebase/php-jwt: JWT::encode($claims, $key, 'HS256').
final class Jwt
{
    public static function sign(array $claims, string $key): string
    {
        $part = fn(string $bytes) => rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
        $input = $part('{"alg":"HS256","typ":"JWT"}') . '.' . $part(json_encode($claims, JSON_THROW_ON_ERROR));
        return $input . '.' . $part(hash_hmac('sha256', $input, $key, true));
    }
}
