<?php
// A partner in PHP without a library: php -S 127.0.0.1:0 partner.php
// The key is in SSO_KEY, the community's origin in COMMUNITY.
if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/login') {
    http_response_code(404);
    exit;
}
if (($_COOKIE['session'] ?? '') !== 'good') {
    exit('Sign in');
}

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

$claims = ['sub' => '42', 'name' => 'Ada Lovelace', 'email' => 'ada@example.com', 'tagline' => 'Mathematician', 'iat' => time(), 'exp' => time() + 60];
$input = base64url(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . base64url(json_encode($claims));
$token = $input . '.' . base64url(hash_hmac('sha256', $input, getenv('SSO_KEY'), true));

header('Cache-Control: no-store');
header('Referrer-Policy: no-referrer');
header('Location: ' . getenv('COMMUNITY') . "/api/auth/sso?jwt=$token&redirect_uri=" . rawurlencode($_GET['referrer_uri'] ?? '/'), true, 303);
