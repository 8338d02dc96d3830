<?php
// JWT SSO for a Bettermode community, in Laravel: app/Http/Controllers/CommunityController.php, and in routes/web.php:
//   Route::get('/community/login', [CommunityController::class, 'login']); // the Authorization URL and the Sign Up URL
//   Route::match(['get', 'post'], '/sign-in', [CommunityController::class, 'signIn']);
//   Route::get('/logout', [CommunityController::class, 'logout']); // the Logout URL
namespace App\Http\Controllers;

use Illuminate\Http\{Request, Response};

require_once __DIR__ . '/Jwt.php';
require_once __DIR__ . '/ReturnPath.php';

class CommunityController
{
    // Yours: the members, and how they sign in.
    private const MEMBERS = [
        'user-7' => ['name' => 'Ada Lovelace', 'email' => 'ada@example.com', 'email_verified' => true],
        'user-8' => ['name' => 'Eve', 'email' => 'eve@example.com', 'email_verified' => false],
    ];
    private const PASSWORDS = ['ada@example.com demo' => 'user-7', 'eve@example.com demo' => 'user-8'];
    private const SAFE = ['Cache-Control' => 'no-store'];
    private const FORM = '<input name=email><input name=password type=password><button>Sign in</button></form>';

    public function login(Request $request): Response
    {
        // A token is for a person who navigates: not for HEAD, a prefetch or a script.
        $isNavigation = $request->isMethod('GET') && $request->header('Sec-Fetch-Mode', 'navigate') === 'navigate';
        $isPrefetch = $request->hasHeader('Sec-Purpose') || $request->hasHeader('Purpose');
        abort_if(!$isNavigation || $isPrefetch, 403, 'Open this page in your browser.');
        $back = \ReturnPath::of($request->query('referrer_uri'));
        $id = $request->session()->get('member');
        if (!isset(self::MEMBERS[$id])) {
            $request->session()->put('back', '/community/login?referrer_uri=' . rawurlencode($back));
            return response('', 303, self::SAFE + ['Location' => '/sign-in']); // redirect() has a body with the address
        }
        $m = self::MEMBERS[$id];
        abort_unless($m['email_verified'], 403, 'Confirm your email address first.');
        $claims = ['sub' => $id, 'name' => $m['name'], 'email' => $m['email'], 'iat' => time(), 'exp' => time() + 60];
        $token = \Jwt::sign($claims, getenv('SSO_KEY'));
        $url = getenv('COMMUNITY') . "/api/auth/sso?jwt=$token&redirect_uri=" . rawurlencode($back);
        return response('', 303, self::SAFE + ['Location' => $url, 'Referrer-Policy' => 'no-referrer']);
    }

    public function signIn(Request $request): Response
    {
        $id = self::PASSWORDS[$request->post('email') . ' ' . $request->post('password')] ?? null;
        if (!$id || !$request->isMethod('POST')) {
            return response('<form method=post>' . csrf_field() . self::FORM, 200, self::SAFE);
        }
        $request->session()->regenerate(true); // an id from before the sign-in is nobody's
        $request->session()->put('member', $id);
        return response('', 303, self::SAFE + ['Location' => $request->session()->pull('back', '/community/login')]);
    }

    public function logout(Request $request): Response
    {
        $request->session()->invalidate();
        return response('', 303, self::SAFE + ['Location' => '/']);
    }
}
