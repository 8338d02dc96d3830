<?php
// Runs the recipe's controller in Laravel, from the current folder: php -S 127.0.0.1:0 laravel.php
use App\Http\Controllers\CommunityController;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Cookie\CookieServiceProvider;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Encryption\EncryptionServiceProvider;
use Illuminate\Filesystem\FilesystemServiceProvider;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Foundation\Http\Middleware\VerifyCsrfToken;
use Illuminate\Http\Request;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Session\SessionServiceProvider;
use Illuminate\Support\Facades\Facade;
use Illuminate\Support\Facades\Route;
use Illuminate\View\ViewServiceProvider;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;

error_reporting(E_ALL & ~E_DEPRECATED);
require '/usr/share/php/Illuminate/autoload.php';
require_once getcwd() . '/laravel_controller.php';

class Handler implements ExceptionHandler
{
    public function report(Throwable $e) { error_log($e); }
    public function shouldReport(Throwable $e) { return true; }
    public function render($request, Throwable $e)
    {
        return response('', $e instanceof HttpExceptionInterface ? $e->getStatusCode() : 500);
    }
    public function renderForConsole($output, Throwable $e) {}
}

class Site extends Kernel
{
    protected $bootstrappers = [];
    protected $middlewareGroups = [
        'web' => [EncryptCookies::class, AddQueuedCookiesToResponse::class, StartSession::class, VerifyCsrfToken::class],
    ];
}

$app = new Application(getcwd());
$app->instance('config', new Repository([
    'app' => ['key' => substr(getenv('SESSION_SECRET'), 0, 32), 'cipher' => 'AES-256-CBC'],
    'session' => ['driver' => 'file', 'files' => getcwd(), 'lifetime' => 120, 'expire_on_close' => false, 'lottery' => [0, 1],
        'encrypt' => false, 'cookie' => 'session', 'path' => '/', 'domain' => null, 'secure' => true, 'http_only' => true,
        'same_site' => 'lax'],
    'view' => ['paths' => [getcwd()], 'compiled' => getcwd()],
]));
$app->singleton(ExceptionHandler::class, Handler::class);
Facade::setFacadeApplication($app);
foreach ([CookieServiceProvider::class, EncryptionServiceProvider::class, FilesystemServiceProvider::class,
    SessionServiceProvider::class, ViewServiceProvider::class] as $provider) {
    $app->register($provider);
}
$app->boot();
$kernel = $app->make(Site::class);
Route::middleware('web')->group(function () { // as the recipe says
    Route::get('/community/login', [CommunityController::class, 'login']);
    Route::match(['get', 'post'], '/sign-in', [CommunityController::class, 'signIn']);
    Route::get('/logout', [CommunityController::class, 'logout']);
});
$response = $kernel->handle($request = Request::capture());
$response->send();
$kernel->terminate($request, $response);
