use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Exhibit qw(slurp);

use CPAN::Sigstore::Crypto      ();
use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();
use Cwd                         ();
use Digest::SHA                 qw(sha256_hex);
use File::Spec                  ();
use File::Temp                  ();
use Test::More;

my %SIGNER = (
    author    => [ 'email',    qr/\Aauthor\@example\.org\z/,   qr{\Ahttp://127\.0\.0\.1:\d+\z} ],
    stranger  => [ 'email',    qr/\Astranger\@example\.net\z/, qr{\Ahttp://127\.0\.0\.1:\d+\z} ],
    ci        => [ 'uri',      qr{\Ahttps://github\.com/author/Foo-Bar/\.github/workflows/release\.yml\@refs/tags/v1\.0\z}, qr{/ci\z} ],
    pause     => [ 'username', qr/\AMYAUTHOR!127\.0\.0\.1\z/,  qr{/pause\z} ],
);
$SIGNER{statement} = $SIGNER{ci};

my $archive = slurp('Foo-Bar-1.02.tar.gz');
for my $name (qw(author-1 author-2 stranger-1 stranger-2 ci-2 pause-2 statement-1 statement-2)) {
    my ($who) = $name =~ /\A(\w+)-/;
    my ($kind, $subject, $issuer) = @{ $SIGNER{$who} };
    my ($verified, $error) = Exhibit->new("here-$name")->verify;
    is $error, q(), "$name: valid";
    my $signer = $verified->{signer};
    is $signer->{kind}, $kind, "$name: the kind of its signer";
    like $signer->{subject}, $subject, "$name: the name of its signer";
    like $signer->{issuer}, $issuer, "$name: the issuer";
    is $verified->{digest}, sha256_hex($archive), "$name: the digest";
    is $verified->{statement}, $who eq 'statement' ? 'https://slsa.dev/provenance/v1' : undef, "$name: the statement";
    is scalar @{ $verified->{times} }, 1, "$name: one time of signing";
}

my ($ci) = Exhibit->new('here-ci-2')->verify;
is $ci->{signer}{claims}{repository}, 'https://github.com/author/Foo-Bar', 'reads the claims of a workflow';

my $root = CPAN::Sigstore::TrustedRoot->parse(slurp('here.trusted_root.json'));
my $file = File::Spec->catfile($FindBin::Bin, 'signed', 'Foo-Bar-1.02.tar.gz');
my %input = (root => $root, bundle => slurp('here-author-1.json'), now => $Exhibit::NOW);
is CPAN::Sigstore::Verifier::verify(%input, file => $file)->{digest}, sha256_hex($archive), 'verifies a file';

my ($time) = @{ CPAN::Sigstore::Verifier::verify(%input, file => $file)->{times} };
for my $case (
    [ 'a file that is not there'       => [ file => "$file.missing" ], 'file' ],
    [ 'a folder'                       => [ file => $FindBin::Bin ], 'file' ],
    [ 'an entry of the future'         => [ file => $file, now => $time - 1 ], 'log-time-invalid' ],
    [ 'a clock that is a month behind' => [ file => $file, now => $time - 30 * 86_400 ], 'clock' ],
    )
{
    my ($name, $change, $code) = @$case;
    my $verified = eval { CPAN::Sigstore::Verifier::verify(%input, @$change) };
    is ref $@ && $@->code, $code, "refuses $name";
}

# Without anything that verifies signatures there is no answer, and never a pass.
for my $selected (qw(none other)) {
    local $CPAN::Sigstore::Crypto::SELECTED = $selected;
    my $verified = eval { CPAN::Sigstore::Verifier::verify(%input, file => $file) };
    is $verified, undef, "verifies nothing with the verifier `$selected`";
    is $@->code, 'crypto', 'and says so';
}
{
    # A program of that name which approves of everything, in words that openssl does not have.
    my $folder = File::Temp->newdir;
    my $fake   = File::Spec->catfile($folder, 'openssl');
    open my $handle, '>', $fake or die "cannot write $fake: $!\n";
    print {$handle} "#!/bin/sh\nexit 0\n";
    close $handle or die "cannot write $fake: $!\n";
    chmod oct 755, $fake;
    my $verified = eval {
        local $ENV{PATH} = "$folder";
        local $CPAN::Sigstore::Crypto::SELECTED = 'openssl';
        CPAN::Sigstore::Crypto::forget();
        CPAN::Sigstore::Verifier::verify(%input, root => CPAN::Sigstore::TrustedRoot->parse(slurp('here.trusted_root.json')), file => $file);
    };
    my $error = $@;
    CPAN::Sigstore::Crypto::forget();
    is $verified, undef, 'an openssl that only succeeds proves nothing';
    is $error->code, 'crypto', 'and says so';
}

# Where CryptX is missing, a module of that name in the current folder does not run.
{
    my $evil = File::Temp->newdir;
    my $home = Cwd::getcwd();
    chdir $evil or die "cannot enter $evil: $!\n";
    for my $folder ('Crypt', 'Crypt/PK') { mkdir $folder or die "cannot make $folder: $!\n" }
    open my $handle, '>', 'Crypt/PK/ECC.pm' or die "cannot write: $!\n";
    print {$handle} '$ENV{IS_RUN} = 1; 1;';
    close $handle or die "cannot write: $!\n";
    {
        local @INC = ('.');
        local %INC = %INC;
        delete @INC{ grep {m{\ACrypt/}} keys %INC };
        local $CPAN::Sigstore::Crypto::SELECTED = 'CryptX';
        CPAN::Sigstore::Crypto::forget();
        is eval { CPAN::Sigstore::Crypto::name() }, undef, 'finds no CryptX in the current folder';
    }
    CPAN::Sigstore::Crypto::forget();
    chdir $home or die "cannot enter $home: $!\n";
    ok !delete $ENV{IS_RUN}, 'and runs nothing there';
}

# A program that does not wait for its children verifies, too.
SKIP: {
    local $CPAN::Sigstore::Crypto::SELECTED = 'openssl';
    skip 'openssl is not installed', 1 if !eval { CPAN::Sigstore::Crypto::name() };
    local $SIG{CHLD} = 'IGNORE';
    my $verified = eval { CPAN::Sigstore::Verifier::verify(%input, root => CPAN::Sigstore::TrustedRoot->parse(slurp('here.trusted_root.json')), file => $file) };
    ok $verified, 'verifies by openssl without a handler of children' or diag $@;
}

done_testing;
