<?php
// Login handlers in PHP without a framework: the first two are right, each of the
// others has the flaw that its name says: php -S 127.0.0.1:0 handlers.php
// The key is in SSO_KEY, the community's origin in COMMUNITY, its addresses that are
// no page in ENDPOINTS.
const ADA = ['id' => 'user-7', 'name' => 'Ada Lovelace', 'email' => 'ada@example.com'];
define('COMMUNITY', getenv('COMMUNITY'));

function one_slash(string $v): string
{
    return preg_match('#^/(?![/\\\\])[^\\\\\x00-\x1f]*$#D', $v) ? $v : '/';
}

function segments(string $v): string
{
    $path = explode('/', substr(preg_split('/[?#]/', one_slash($v))[0], 1));
    foreach ($path as $i => $segment) {
        if (!preg_match('/^(?!\.{1,2}$)([\p{L}\p{N}_.~@-]|%(?!2[35ef]|3[bf]|5c|c[01]|e0%80|e[2f]|[01])[\da-f]{2})*$/Diu', $segment) || $segment === '' && $i < count($path) - 1) {
            return '/';
        }
    }
    $first = explode('.', strtolower($path[0]))[0];
    return preg_match('/[^\x00-\x7f]/', $first) || in_array($first, explode(' ', getenv('ENDPOINTS')), true) ? '/' : one_slash($v);
}

function by_parse_url(string $v): string
{
    $url = parse_url($v);
    return $url && "https://" . ($url['host'] ?? parse_url(COMMUNITY, PHP_URL_HOST)) === COMMUNITY ? $v : '/';
}

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function claims(array $user, array $more = []): array
{
    return ['sub' => $user['id'], 'name' => $user['name'], 'email' => $user['email'], 'iat' => time(), 'exp' => time() + 60, ...$more];
}

$right = ['back' => segments(...), 'claims' => claims(...), 'key' => getenv('SSO_KEY'), 'status' => 303, 'referrer' => 'no-referrer', 'over' => fn($url) => $url, 'cookie' => null];
$handlers = [
    'segments' => $right,
    'one-slash' => [...$right, 'back' => one_slash(...)],
    'parse-url' => [...$right, 'back' => by_parse_url(...)],
    'starts-with-slash' => [...$right, 'back' => fn($v) => str_starts_with($v, '/') ? $v : '/'],
    'permanent' => [...$right, 'status' => 301],
    'referrer' => [...$right, 'referrer' => 'origin'],
    'base64-key' => [...$right, 'key' => base64_decode(getenv('SSO_KEY'))],
    'email-from-request' => [...$right, 'claims' => fn($user) => claims(['email' => $_REQUEST['email'] ?? $user['email']] + $user)],
    'plus-as-space' => [...$right, 'back' => fn($v) => str_replace('+', ' ', segments($v))],
    'out' => [...$right, 'over' => fn($url) => '/away?url=' . rawurlencode($url)],
    'laravel-xsrf' => [...$right, 'cookie' => 'XSRF-TOKEN'],
    'number-as-sub' => [...$right, 'claims' => fn($user) => claims($user, ['sub' => 7])],
    'picture-path' => [...$right, 'claims' => fn($user) => claims($user, ['picture' => '/avatars/7.png'])],
];

[, $name, $page] = explode('/', parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) + ['', '', ''];
if ($name === 'away') {
    header('Cache-Control: no-store');
    header('Referrer-Policy: no-referrer');
    header('Location: ' . ($_GET['url'] ?? '/'), true, 303);
    exit;
}
$h = $handlers[$name] ?? null;
if ($h === null) {
    http_response_code(404);
    exit;
}
session_cache_limiter('');
session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']);
header('Cache-Control: no-store');
header("Referrer-Policy: {$h['referrer']}");
if ($h['cookie'] !== null) {
    setcookie($h['cookie'], 'made-up', ['path' => '/', 'samesite' => 'Lax']);
}
if ($page === 'logout') {
    $_SESSION = [];
    header('Location: /', true, 303);
    exit;
}
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    $_SESSION['user'] = ADA;
    header("Location: {$_SERVER['REQUEST_URI']}", true, 303);
    exit;
}
if (!isset($_SESSION['user'])) {
    exit('<form method="post"><input name="user"><button>Sign in</button></form>');
}
if ($_SERVER['REQUEST_METHOD'] !== 'GET' || isset($_SERVER['HTTP_SEC_PURPOSE'])) {
    http_response_code(403);
    exit;
}
$input = base64url(json_encode(['alg' => 'HS256', 'typ' => 'JWT'])) . '.' . base64url(json_encode($h['claims']($_SESSION['user'])));
$token = $input . '.' . base64url(hash_hmac('sha256', $input, $h['key'], true));
$back = $_GET['referrer_uri'] ?? '/';
$back = rawurlencode($h['back'](is_string($back) ? $back : '/'));
header('Location: ' . $h['over'](COMMUNITY . "/api/auth/sso?jwt=$token&redirect_uri=$back"), true, $h['status']);
