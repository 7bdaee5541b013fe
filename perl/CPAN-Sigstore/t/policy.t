use strict;
use warnings;

use CPAN::Sigstore::Policy  ();
use CPAN::Sigstore::Release ();
use Test::More;

my $release = CPAN::Sigstore::Release->parse_path('authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz');

sub rule {
    my ($text, @packages) = @_;
    my ($rule, @others) = CPAN::Sigstore::Policy->parse($text)->rules($release, @packages);
    return @others ? undef : $rule;
}

my %refused = (
    'an unknown key'              => "[default]\nunsinged = 'deny'",
    'an unknown section'          => "[defaults]\n",
    'an unknown decision'         => "[default]\nunsigned = 'maybe'",
    'try-later'                   => "[default]\nunsigned = 'try-later'",
    'a finding that is denied'    => "[default]\ndowngrade = 'allow'",
    'a key twice'                 => "[default]\nunsigned = 'warn'\nunsigned = 'deny'",
    'a table twice'               => "[default]\n[default]\n",
    'another author id'           => '[author.1X]',
    'an author twice'             => "[author.TIMLEGGE]\n[author.timlegge]",
    'a package as distribution'   => "[distribution.'Foo::Bar']",
    'no package'                  => "[module.'*']",
    'no authors'                  => "[module.Foo]\nauthors = []",
    'authors of everybody'        => "[default]\nauthors = ['TIM']",
    'authors of an author'        => "[author.TIM]\nauthors = ['TIM']",
    'identities of everybody'     => "[default]\nidentities = [{ subject = 'a', issuer = 'i' }]",
    'no days'                     => "[default]\ntrust-material-age = 0",
    'too many days'               => "[default]\nindex-age-limit = 4000",
    'a release without author'    => "[release.'Foo-1.tar.gz']\ndigest = 'sha256:" . '01' x 32 . q('),
    'another digest'              => "[release.'TIM/Foo-1.tar.gz']\ndigest = 'md5:00'",
    'a release without digest'    => "[release.'TIM/Foo-1.tar.gz']",
    'a key of no release'         => "[release.'TIM/Foo-1.tar.gz']\nunsigned = 'allow'",
    'a number as text'            => "[default]\nindex-age = '7'",
    'a text over lines'           => "[default]\nunsigned = '''deny'''",
    'a domain with a mark'        => "[pause]\nissuer = 'i'\ndomain = 'a!b'",
    'a name without issuer'       => "[author.AB]\nidentities = [{ subject = 'a' }]",
    'an issuer alone'             => "[author.AB]\nidentities = [{ issuer = 'a' }]",
    'an empty subject'            => "[author.AB]\nidentities = [{ subject = '', issuer = 'a' }]",
    'a key of no identity'        => "[author.AB]\nidentities = [{ subject = 'a', issuer = 'a', name = 'b' }]",
    'a workflow of any caller'    => "[author.AB]\nidentities = [{ subject = 'https://x/y/z\@refs/tags/v1', issuer = 'a' }]",
    'a pattern of any caller'     => "[author.AB]\nidentities = [{ pattern = 'https://x/.*', issuer = 'a' }]",
    'a time that is none'         => "[author.AB]\nidentities = [{ subject = 'a', issuer = 'a', from = 'x' }]",
);
for my $name (sort keys %refused) {
    my $policy = eval { CPAN::Sigstore::Policy->parse($refused{$name}) };
    is $@ && $@->code, 'policy', "rejects $name";
}

my $rule = rule("[default]\nunsigned = 'deny'\n[author.TIMLEGGE]\nunsigned = \"warn\" # by hand\n[distribution.Foo-Bar]\nunsigned = 'allow'\n");
is CPAN::Sigstore::Policy::decide($rule, 'unsigned'), 'allow', 'the distribution outranks the author';
is CPAN::Sigstore::Policy::decide($rule, 'downgrade'), 'deny', 'and no section allows a downgrade';
my $modules = "[module.'Foo::Bar']\nunsigned = 'allow'\n[module.'Foo::*']\nunsigned = 'deny'\n";
is rule($modules, 'Foo::Bar')->{unsigned},      'allow', 'a package outranks those above it';
is rule($modules, 'Foo::Bar::Baz')->{unsigned}, 'deny',  'which are for all below';
is rule($modules, 'Foo')->{unsigned},           'warn',  'and not for the package itself';

my $digest = 'sha256:' . '01' x 32;
for my $path ('TIMLEGGE/Foo-Bar-1.02.tar.gz', 'T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz', $release->path) {
    is rule("[release.'$path']\ndigest = '$digest'\n")->{digest}, $digest, "reads the digest of $path";
}
is rule("[release.'TIMLEGGE/Foo-Bar-1.03.tar.gz']\ndigest = '$digest'\n")->{digest}, undef, 'and of no other release';

like 'author@example.com', CPAN::Sigstore::Policy::expression('author@example\.com'), 'matches the name';
for my $name ('author@example.com.evil.test', 'not-author@example.com', "author\@example.com\n") {
    unlike $name, CPAN::Sigstore::Policy::expression('^author@example\.com$'), 'and nothing around it';
}
unlike 'xb', CPAN::Sigstore::Policy::expression('a|b'), 'anchors each choice';
for my $pattern ('(?{ die })', '(??{ 1 })', '(?=a)', '(?i)a', '(*ACCEPT)', 'a\z', '\1', '\p{L}', 'a)|(b', '(a', 'a**', 'a++', '[a', '*', '(?#x)', '[[:alpha:]]') {
    is eval { CPAN::Sigstore::Policy::expression($pattern) }, undef, "rejects the pattern $pattern";
}

done_testing;
