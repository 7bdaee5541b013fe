# The resolver of cpm: by cpm itself if CPAN_SIGSTORE_CPM names it, and by a stand-in for its interface.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Exhibit  qw(slurp read_file);
use Mirrored ();
use StandIn  ();

use App::cpm::Resolver::Sigstore ();
use Test::More;

plan skip_all => 'the clock is behind the signed files' if Mirrored::is_early();
my $archive = slurp('Foo-Bar-1.02.tar.gz');
my $PATH    = 'MYAUTHOR/Foo-Bar-1.02.tar.gz';

# What cpm gets, and what the resolver writes.
sub installed {
    my ($user, %task) = @_;
    my $file = $user->path('errors');
    open my $saved, '>&', \*STDERR or die "cannot write: $!";
    open STDERR, '>', $file or die "cannot write: $!";
    my $resolver = eval { App::cpm::Resolver::Sigstore->new(undef, $user->options('cpan=' . $user->cpan)) };
    my $error    = $@;
    $user->write('got/none', q());
    my $got = $resolver ? StandIn::install($user->path('got'), 'Foo::Bar', $resolver, Everything->new) : undef;
    open STDERR, '>&', $saved or die "cannot write: $!";
    return ($got, read_file($file) . $error);
}

# cpm's own resolvers would find the package elsewhere.
sub Everything::new     { return bless {}, 'Everything' }
sub Everything::resolve { return { source => 'cpan', uri => 'file://' . __FILE__, distfile => 'x' } }

my $owner = Mirrored->new->publish('Foo::Bar' => $PATH, $archive, slurp('here-author-2.json'));
my ($got, $errors) = installed($owner);
ok defined $got && read_file($got) eq $archive, 'hands out the release of its author' or diag $errors;
is $errors, q(), 'without a warning';

my $hostile = Mirrored->new;
my $bytes   = $hostile->hostile_archive('Foo-Bar-1.02');
for my $case (
    [ 'rejects the release of a stranger',       'identity-mismatch', Mirrored->new->publish('Foo::Bar' => $PATH, $archive, slurp('here-stranger-2.json')) ],
    [ 'rejects a release without its bundle',    'unsigned',          Mirrored->new->publish('Foo::Bar' => $PATH, $archive) ],
    [ 'rejects other bytes than the signed ones', 'signature-invalid', $hostile->publish('Foo::Bar' => $PATH, $bytes, slurp('here-author-2.json')) ],
    [ 'rejects a release of another owner', 'owner-changed', Mirrored->new->publish('Foo::Bar' => 'EVIL/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json')) ],
    [ 'rejects signed bytes under another name', 'name-mismatch', Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.03.tar.gz', $archive, slurp('here-author-2.json')) ],
    [ 'rejects a path that is no release', 'expected the path', Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/authors/id/E/EV/EVIL/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json')) ],
    [ 'rejects a package that the index lacks', 'does not have it', Mirrored->new->publish('Other' => $PATH, $archive, slurp('here-author-2.json')) ],
    )
{
    my ($name, $reason, $user) = @$case;
    ($got, $errors) = installed($user);
    is $got, undef, "$name, and no other resolver is asked";
    like $errors, qr/App::cpm::Resolver::Sigstore: Foo::Bar: .*\Q$reason\E/, "$name: it says why";
}

my $user = Mirrored->new->publish('Foo::Bar' => $PATH, $archive, slurp('here-author-2.json'));
my $resolver = App::cpm::Resolver::Sigstore->new(undef, $user->options('cpan=' . $user->cpan));
is $resolver->resolve(undef, { package => 'Foo::Bar', version_range => '>= 1, < 2' })->{version}, '1.02', 'finds a version in a range';
# The address leads to the verified bytes, whatever the CPAN has afterwards.
my $address = $resolver->resolve(undef, { package => 'Foo::Bar' })->{uri};
$user->publish('Foo::Bar' => $PATH, $bytes);
is read_file($address =~ s{\Afile://}{}r), $archive, 'the address leads to the verified bytes';
for my $options ([], [ 'cpan=ftp://127.0.0.1/' ], [ 'cpan=/', 'cpan=/' ]) {
    ok !eval { App::cpm::Resolver::Sigstore->new(undef, $user->options(@$options)) }, "refuses the options @$options";
}

SKIP: {
    skip 'CPAN_SIGSTORE_CPM names no cpm', 4 if !$ENV{CPAN_SIGSTORE_CPM};
    my @cpm = ($ENV{CPAN_SIGSTORE_CPM}, 'install', '--no-default-resolvers', '--no-test');
    for my $case ([ 'author', 0 ], [ 'stranger', 1 ]) {
        my ($who, $expected) = @$case;
        my $other = Mirrored->new->publish('Foo::Bar' => $PATH, $archive, slurp("here-$who-2.json"));
        my ($exit, $output) = $other->run(@cpm, '-L', $other->path('perl'), '--home', $other->path('home/cpm'), '--resolver', join(q(,), 'Sigstore', $other->options('cpan=' . $other->cpan)), 'Foo::Bar');
        # The signed file has no Makefile.PL, so that cpm can fetch and not configure it.
        like $output, $who eq 'author' ? qr/FAIL.*(?:configure|install)/i : qr/refused identity-mismatch/, "cpm and the release of the $who" or diag $output;
        ok !$other->has('perl/lib/perl5/Foo/Bar.pm'), 'cpm installs nothing of it';
    }
}

done_testing;
