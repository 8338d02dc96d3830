<?php
// Logs in as a visitor does: phpunit LoginTest.php
final class LoginTest extends PHPUnit\Framework\TestCase
{
    private static array $started = [];
    private static string $fake;

    private static function start(array $command, array $env): string { // returns what it prints first: its address
        $program = proc_open($command, [1 => ['pipe', 'w'], 2 => ['redirect', 1]], $pipes, __DIR__, $env + getenv());
        self::$started[] = [$program, $pipes];
        return fgets($pipes[1]);
    }

    private static function ask(string $path, ?array $body = null, string $method = 'POST'): array { // the fake's JSON
        $http = ['method' => $method, 'header' => 'Content-Type: application/json'];
        $http['content'] = json_encode((object) $body);
        $context = stream_context_create($body === null ? [] : ['http' => $http]);
        return json_decode(file_get_contents(self::$fake . "/_fake/$path", false, $context), true);
    }

    public static function setUpBeforeClass(): void {
        $key = 'a-key-of-32-or-more-characters-for-tests';
        $community = ['ssotoken', 'community', '--listen', '127.0.0.1:0', '--json'];
        self::$fake = json_decode(self::start($community, ['BETTERMODE_SSO_KEY' => $key]))->url;
        $site = [PHP_BINARY, '-S', '127.0.0.1:0', 'plain.php']; // yours
        preg_match('#http://[\d.:]+#', self::start($site, ['SSO_KEY' => $key, 'COMMUNITY' => self::$fake]), $origin);
        self::ask('settings', ['authorizationUrl' => "$origin[0]/community/login"], 'PATCH');
    }

    public static function tearDownAfterClass(): void {
        array_map(fn ($s) => proc_terminate($s[0]), self::$started);
    }

    private function logIn(string $path, array $body): array { // returns what the community finds in each login
        self::ask('reset', []);
        self::ask($path, $body);
        $browser = curl_init(self::$fake . '/auth/login?from=/spaces/news'); // leads to the site's sign-in
        curl_setopt_array($browser, [CURLOPT_COOKIEFILE => '', CURLOPT_FOLLOWLOCATION => true]); // with cookies
        curl_setopt($browser, CURLOPT_RETURNTRANSFER, true);
        curl_exec($browser);
        curl_setopt($browser, CURLOPT_URL, curl_getinfo($browser, CURLINFO_EFFECTIVE_URL));
        curl_setopt($browser, CURLOPT_POSTFIELDS, 'email=ada@example.com&password=demo');
        curl_exec($browser);
        $logins = self::ask('logins')['logins'];
        $this->assertSame('/spaces/news', end($logins)['landing']['redirectUri']); // the page where the visitor was
        return array_column($logins, 'codes');
    }

    public function testALoginHasNoFault(): void {
        $this->assertSame([[]], $this->logIn('reset', []));
    }

    public function testWhoIsRefusedOnceAndSentBackGetsANewToken(): void {
        $this->assertSame([['refuses-all'], []], $this->logIn('next', ['sendBack' => true]));
    }

    public function testATokenIsOverAfter90Seconds(): void {
        $this->assertSame([['exp-expired']], $this->logIn('clock', ['advance' => '90s']));
    }
}
