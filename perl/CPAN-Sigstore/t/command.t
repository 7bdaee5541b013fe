# Runs cpan-verify itself.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Exhibit qw(slurp);

use CPAN::Sigstore::Bundle      ();
use CPAN::Sigstore::Certificate ();
use CPAN::Sigstore::JSON        ();
use Cwd                         ();
use File::Spec                  ();
use File::Temp                  ();
use Test::More;

my $signed = "$FindBin::Bin/signed";
my $script = File::Spec->rel2abs(File::Spec->catfile($FindBin::Bin, File::Spec->updir, 'script', 'cpan-verify'));
my @perl   = ($^X, map { ('-I', File::Spec->rel2abs($_)) } grep { !ref && $_ ne '.' } @INC);
my $folder = File::Temp->newdir;

sub certificate {
    my ($bundle) = @_;
    return CPAN::Sigstore::Certificate->parse(CPAN::Sigstore::Bundle->parse(slurp($bundle))->certificate);
}
my $issuer = certificate('here-author-2.json')->signer->{issuer};
my @author = ('--identity', 'author@example.org', '--issuer', $issuer);
my @root   = ('--trusted-root', "$signed/here.trusted_root.json");
my @file   = ('--', "$signed/Foo-Bar-1.02.tar.gz");
# By a clock before the fixtures nothing invalid can be told from something of the future.
my $invalid = time + 600 < certificate('here-author-2.json')->from ? 3 : 11;

sub cpan_verify { return run_perl($script, @_) }

# Returns exit code, output and errors.
sub run_perl {
    my (@arguments) = @_;
    my %text;
    my $child = fork // die "cannot fork: $!";
    if (!$child) {
        open STDOUT, '>', "$folder/out" or die "cannot write: $!";
        open STDERR, '>', "$folder/err" or die "cannot write: $!";
        exec { $perl[0] } @perl, @arguments or die "cannot run: $!";
    }
    waitpid $child, 0;
    my $status = $?;
    for my $name (qw(out err)) {
        open my $handle, '<', "$folder/$name" or die "cannot read: $!";
        $text{$name} = do { local $/ = undef; <$handle> } // q();
        close $handle or die "cannot read: $!";
    }
    return ($status & 0xFF ? "signal $status" : $status >> 8, @text{qw(out err)});
}

sub bundle { return ('--bundle', "$signed/$_[0].json") }

my @cases = (
    [ 'a signed file'          => [ @author, @root, bundle('here-author-2') ], 0, qr/trusted: \S+ is signed by author\@example\.org \(by \S+\) on \S+Z\nverified by CPAN::Sigstore \S+ with (?:CryptX|openssl)\n\z/, qr/\A\z/ ],
    [ 'a signature of another' => [ @author, @root, bundle('here-stranger-2') ], 12, qr/\A\z/, qr/\Aidentity-mismatch: \S+: expected author\@example\.org \(by \S+\), found stranger\@example\.net/ ],
    [ 'another issuer'         => [ '--identity', 'author@example.org', '--issuer', "$issuer/", @root, bundle('here-author-2') ], 12, qr/\A\z/, qr/identity-mismatch/ ],
    [ 'another case'           => [ '--identity', 'AUTHOR@example.org', '--issuer', $issuer, @root, bundle('here-author-2') ], 12, qr/\A\z/, qr/identity-mismatch/ ],
    [ 'a bundle of another file' => [ @author, @root, bundle('other-author-2') ], $invalid, qr/\A\z/, qr/artifact-mismatch|clock/ ],
    [ 'another trusted root'   => [ @author, '--trusted-root', "$signed/elsewhere.trusted_root.json", bundle('here-author-2') ], 3, qr/\A\z/, qr/does not have the log/ ],
    [ 'a file that is no bundle' => [ @author, @root, '--bundle', "$signed/Foo-Bar-1.02.tar.gz" ], 11, qr/\A\z/, qr/certificate|bundle-not-json/ ],
    [ 'no bundle'              => [ @author, @root ], 10, qr/\A\z/, qr/\Aunsigned: / ],
    [ 'no trusted root'        => [ @author, bundle('here-author-2') ], 3, qr/\A\z/, qr/\Aunavailable: .*--trusted-root/ ],
    [ 'a trusted root that is none' => [ @author, '--trusted-root', "$signed/here-author-2.json", bundle('here-author-2') ], 3, qr/\A\z/, qr/\Aunavailable: .*invalid trusted root/ ],
    [ 'a trusted root that is missing' => [ @author, '--trusted-root', "$signed/missing", bundle('here-author-2') ], 3, qr/\A\z/, qr/\Aunavailable: .*cannot read/ ],
    [ 'no identity'            => [ '--issuer', $issuer, @root, bundle('here-author-2') ], 2, qr/\A\z/, qr/expected --identity/ ],
    [ 'an empty identity'      => [ '--identity', q(), '--issuer', $issuer, @root, bundle('here-author-2') ], 2, qr/\A\z/, qr/expected --identity/ ],
    [ 'no issuer'              => [ '--identity', 'a', @root, bundle('here-author-2') ], 2, qr/\A\z/, qr/expected --issuer/ ],
    [ 'an unknown option'      => [ @author, '--force' ], 2, qr/\A\z/, qr/force/ ],
);
for my $case (@cases) {
    my ($name, $arguments, $exit, $out, $err) = @$case;
    my @found = cpan_verify(@$arguments, '--verifier', 'perl', @file);
    is $found[0], $exit, "$name: exit code $exit" or diag $found[2];
    like $found[1], $out, "$name: output";
    like $found[2], $err, "$name: errors";
}

my $ci = certificate('here-ci-2.json')->signer;
my @ci = ('--identity', $ci->{subject}, '--issuer', $ci->{issuer}, '--verifier', 'perl', @root, bundle('here-ci-2'));
is +(cpan_verify(@ci, @file))[0], 0, 'a workflow of its own repository';
is +(cpan_verify(@ci, '--repository', 'https://github.com/author/Foo-Bar', @file))[0], 0, 'the repository that ran it';
is +(cpan_verify(@ci, '--repository', 'https://github.com/author/Other', @file))[0], 12, 'another repository';

is +(cpan_verify('--help'))[0],    0, 'shows its help';
is +(cpan_verify('--version'))[0], 0, 'shows its version';
{
    local $ENV{CPAN_SIGSTORE_CRYPTO} = 'none';
    is +(cpan_verify(@author, @root, bundle('here-author-2'), '--verifier', 'perl', @file))[0], 3, 'verifies nothing without CryptX and openssl';
}

my ($exit, $out) = cpan_verify(@author, @root, bundle('here-author-2'), '--verifier', 'perl', '--json', @file);
my $object = CPAN::Sigstore::JSON::decode($out);
is $object->{finding}, 'trusted', 'prints JSON';
is $object->{exit}->whole, $exit, 'with the exit code';

# A program in the place of cpan-sigstore, which gives this answer.
sub program {
    my ($answer, $end, $version) = @_;
    return write_program("$folder/program", $version // 'cpan-sigstore 9.8.7', $answer, $end);
}

sub write_program {
    my ($path, $version, $answer, $end) = @_;
    open my $handle, '>', $path or die "cannot write $path: $!";
    print {$handle} "#!/bin/sh\nif [ \"\$1\" = --version ]; then echo '$version'; exit; fi\nprintf '%s\\n' \"\$*\" >$folder/arguments\ncat <<'END'\n$answer\nEND\n$end\n";
    close $handle or die "cannot write $path: $!";
    chmod oct 755, $path or die "cannot change $path: $!";
    return $path;
}

sub answer {
    my (%change) = @_;
    my %answer = (
        decision => '"allow"', exit => 0, finding => '"trusted"',
        signature => '{"signed-at":[{"clock":"log","time":"2026-01-01T00:00:00Z"}]}',
        signer    => qq({"issuer":"$issuer","subject":{"kind":"email","name":"author\@example.org"}}),
        %change,
    );
    return '{' . join(',', map {"\"$_\":$answer{$_}"} sort keys %answer) . '}';
}

my $workflow = '{"claims":{"source-repository-uri":"https://github.com/eve/x"},"issuer":"' . $ci->{issuer} . '","subject":{"kind":"uri","name":"' . $ci->{subject} . '"}}';
for my $case (
    [ 'a trusted file'              => [ answer(), 'exit 0' ], 0, qr/verified by cpan-sigstore 9\.8\.7/ ],
    [ 'a denied file'               => [ answer(finding => '"signature-invalid"', cause => '"sct-invalid"', decision => '"deny"', exit => 11), 'exit 11' ], 11, qr/\Asignature-invalid \(sct-invalid\)/ ],
    [ 'no answer'                   => [ q(), 'exit 0' ], 1, qr/failed with the exit code 0/ ],
    [ 'another exit code'           => [ answer(), 'exit 12' ], 1, qr/contradicts itself/ ],
    [ 'a denial with success'       => [ answer(decision => '"deny"'), 'exit 0' ], 1, qr/contradicts itself/ ],
    [ 'a finding with a warning'    => [ answer(finding => '"unsigned"', decision => '"warn"'), 'exit 0' ], 1, qr/contradicts itself/ ],
    [ 'an exit code as text'        => [ answer(exit => '"0"'), 'exit 0' ], 1, qr/contradicts itself/ ],
    [ 'two answers'                 => [ answer() . answer(), 'exit 0' ], 1, qr/failed/ ],
    [ 'an answer without times'     => [ answer(signature => '{}'), 'exit 0' ], 1, qr/expected signer and times/ ],
    [ 'an answer without signer'    => [ answer(signer => 'null'), 'exit 0' ], 1, qr/expected signer and times/ ],
    [ 'another signer'              => [ answer(signer => $workflow), 'exit 0' ], 12, qr/identity-mismatch/ ],
    [ 'a statement of another kind' => [ answer(signature => '{"attestation":"https://spdx.dev/Document","signed-at":[{"time":"2026-01-01T00:00:00Z"}]}'), 'exit 0' ], 11, qr/statement-kind/ ],
    [ 'a program that is killed'    => [ answer(), 'kill -9 $$' ], 1, qr/killed by the signal 9/ ],
    [ 'another program'             => [ answer(), 'exit 0', 'something else' ], 1, qr/expected cpan-sigstore/ ],
    )
{
    my ($name, $program, $code, $text) = @$case;
    local $ENV{CPAN_SIGSTORE} = program(@$program);
    my @found = cpan_verify(@author, @root, bundle('here-author-2'), @file);
    is $found[0], $code, "the program, $name: exit code $code" or diag $found[2];
    like "$found[2]$found[1]", $text, "the program, $name: text";
}
{
    local $ENV{CPAN_SIGSTORE} = program(answer(signer => $workflow), 'exit 0');
    is +(cpan_verify('--identity', $ci->{subject}, '--issuer', $ci->{issuer}, @root, bundle('here-ci-2'), @file))[0], 12,
        'the program, a workflow that another repository called';
    local $ENV{PATH} = "$folder";
    local $ENV{CPAN_SIGSTORE} = "$folder/missing";
    is +(cpan_verify(@author, @root, bundle('here-author-2'), @file))[0], 1, 'never another one than CPAN_SIGSTORE names';
    delete $ENV{CPAN_SIGSTORE};
    is +(cpan_verify(@author, @root, bundle('here-author-2'), '--verifier', 'program', @file))[0], 1, 'a program that is not installed';
}

# In a folder of somebody else, neither a program nor modules of that folder run.
{
    my $home = Cwd::getcwd();
    my ($evil, $bin) = map { File::Temp->newdir } 1 .. 2;
    write_program("$evil/cpan-sigstore", 'cpan-sigstore 6.6.6', answer(), 'exit 0');
    my ($shown, $bundle, $archive) = map { File::Spec->rel2abs($_) } $root[1], (bundle('here-author-2'))[1], $file[1];
    my @command = (@author, '--trusted-root', $shown, '--bundle', $bundle, '--json', $archive);
    my $verifier = sub { CPAN::Sigstore::JSON::decode((cpan_verify(@command))[1])->{verifier} };
    chdir $evil or die "cannot enter $evil: $!";
    my $above = File::Spec->catdir(File::Spec->updir, (File::Spec->splitdir("$evil"))[-1]);
    delete local $ENV{CPAN_SIGSTORE};
    for my $path ('.', q(), ".:$ENV{PATH}", ":$ENV{PATH}", "$ENV{PATH}:", $above) {
        local $ENV{PATH} = $path;
        my $found = (cpan_verify(@command))[1];
        unlike $found, qr/6\.6\.6/, "runs no program of the current folder by PATH `$path`";
    }
    {
        local $ENV{PATH} = "$bin:$ENV{PATH}";
        write_program("$bin/cpan-sigstore", 'cpan-sigstore 9.8.7', answer(), 'exit 0');
        is $verifier->(), 'cpan-sigstore 9.8.7', 'runs a program of an absolute folder';
        local $ENV{CPAN_SIGSTORE} = 'cpan-sigstore';
        is $verifier->(), 'cpan-sigstore 9.8.7', 'by its name, too';
        local $ENV{CPAN_SIGSTORE} = './cpan-sigstore';
        is $verifier->(), 'cpan-sigstore 6.6.6', 'runs the file that CPAN_SIGSTORE names by a path';
    }
    local $ENV{PERL_USE_UNSAFE_INC} = 1;
    my ($code, $text) = run_perl('-e', 'END { print map {"<$_>"} grep { !ref } @INC } @ARGV = ("--version"); do "' . $script . '"; die $@ if $@');
    like $text, qr/<.+>/, 'states where modules are searched for';
    unlike $text, qr/<\.>/, 'and not in the current folder';
    chdir $home or die "cannot enter $home: $!";
}

done_testing;
