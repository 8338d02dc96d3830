<?php
// JWT SSO for a Bettermode community, in PHP without a framework: php -S 127.0.0.1:3000 plain.php
require __DIR__ . '/Jwt.php';
require __DIR__ . '/ReturnPath.php';

// Yours: the members, and how they sign in.
$members = [
    'user-7' => ['name' => 'Ada Lovelace', 'email' => 'ada@example.com', 'email_verified' => true],
    'user-8' => ['name' => 'Eve', 'email' => 'eve@example.com', 'email_verified' => false],
];
$passwords = ['ada@example.com demo' => 'user-7', 'eve@example.com demo' => 'user-8'];
$form = '<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>';

// A token is for a person who navigates: not for HEAD, a prefetch or a script.
$isNavigation = $_SERVER['REQUEST_METHOD'] === 'GET' && ($_SERVER['HTTP_SEC_FETCH_MODE'] ?? 'navigate') === 'navigate'
    && !isset($_SERVER['HTTP_SEC_PURPOSE']) && !isset($_SERVER['HTTP_PURPOSE']);

function answer(int $status, string $body): never
{
    http_response_code($status);
    exit($body);
}

function seeOther(string $url): never
{
    header("Location: $url", true, 303);
    exit;
}

header('Cache-Control: no-store');
session_set_cookie_params(['secure' => true, 'httponly' => true, 'samesite' => 'Lax']);
session_start(['cache_limiter' => '', 'use_strict_mode' => true]);
switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case '/community/login': // the Authorization URL and the Sign Up URL
        $isNavigation || answer(403, 'Open this page in your browser.');
        $back = ReturnPath::of($_GET['referrer_uri'] ?? '/');
        $id = $_SESSION['member'] ?? '';
        if (!isset($members[$id])) {
            $_SESSION['back'] = $back;
            seeOther('/sign-in');
        }
        ['name' => $name, 'email' => $email, 'email_verified' => $isVerified] = $members[$id];
        $isVerified || answer(403, 'Confirm your email address first.');
        $now = time();
        $claims = ['sub' => $id, 'name' => $name, 'email' => $email, 'iat' => $now, 'exp' => $now + 60];
        $token = Jwt::sign($claims, getenv('SSO_KEY'));
        header('Referrer-Policy: no-referrer');
        seeOther(getenv('COMMUNITY') . "/api/auth/sso?jwt=$token&redirect_uri=" . rawurlencode($back));
    case '/sign-in':
        $id = $passwords[($_POST['email'] ?? '') . ' ' . ($_POST['password'] ?? '')] ?? null;
        $id || answer(200, $form);
        session_regenerate_id(true); // an id from before the sign-in is nobody's
        $_SESSION['member'] = $id;
        seeOther('/community/login?referrer_uri=' . rawurlencode($_SESSION['back'] ?? '/'));
    case '/logout': // the Logout URL
        $_SESSION = [];
        session_destroy();
        seeOther('/');
}
answer(404, 'Not found');
