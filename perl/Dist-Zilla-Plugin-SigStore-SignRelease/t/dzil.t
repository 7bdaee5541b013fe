# Runs dzil itself, on a dist.ini as printed in manuals.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Project  qw(home);
use Recorder ();

use File::Spec ();
use Path::Tiny qw(path tempdir);
use Test::More;

my $HEADER = <<'INI';
name             = Foo-Bar
version          = 1.02
author           = An Author <author@example.org>
license          = MIT
copyright_holder = An Author
copyright_year   = 2026

INI

my $UNDASHED = <<'INI';
[@Filter]
bundle = @Basic
remove = UploadToCPAN ; Do this if you use @Basic

[SigStore::SignRelease]
INI

my $DASHED = <<'INI';
[@Filter]
-bundle = @Basic
-remove = UploadToCPAN

[SigStore::SignRelease]
upload_to_cpan     = 1
sigstore_extension = sigstore.json
answer_yes         = 1
INI

home->child('.dzil')->mkdir;
home->child('.dzil/config.ini')->spew("[%PAUSE]\nusername = AUTHOR\npassword = s3cret\n");

my $dzil = (grep { -f } map {"$_/dzil"} File::Spec->path)[0] or plan skip_all => 'dzil is not in PATH';
my @library = map { ('-I', File::Spec->rel2abs($_)) } grep { !ref } @INC;

# Runs `dzil release` in a project with this dist.ini; returns exit code and output.
sub dzil_release {
    my ($ini, $recorder, $typed) = @_;
    my $folder = tempdir();
    $folder->child('lib/Foo')->mkpath;
    $folder->child('lib/Foo/Bar.pm')->spew("package Foo::Bar;\n\n# ABSTRACT: of no use\n\n1;\n");
    $folder->child('dist.ini')->spew($HEADER . $ini);
    $folder->child('typed')->spew($typed);

    local $ENV{CPAN_SIGSTORE}               = $recorder->program;
    local $ENV{DZIL_CONFIRMRELEASE_DEFAULT} = 1;
    my $child = fork // die "cannot fork: $!";
    if (!$child) {
        chdir $folder or die "$folder: $!";
        open STDIN,  '<',  'typed' or die $!;
        open STDOUT, '>',  'said'  or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec {$^X} $^X, @library, $dzil, 'release' or die $!;
    }
    waitpid $child, 0;
    return ($? >> 8, $folder->child('said')->slurp);
}

for my $spelling ([ 'bundle =', $UNDASHED ], [ '-bundle =', $DASHED ]) {
    my ($name, $ini) = @{$spelling};
    my $recorder = Recorder->new(end => 'print "who are you? "; my $line = <STDIN>; warn "hello $line"; exit 0');
    my ($code, $said) = dzil_release($ini, $recorder, "somebody\n");
    is $code, 0, "$name: dzil release succeeds" or diag $said;
    is $recorder->calls, 1, "$name: with one call";
    is_deeply [ grep { !/--yes/ } $recorder->arguments ],
        [ 'release', '--pause-file=PIPE', '--bundle=Foo-Bar-1.02.tar.gz.sigstore.json', '--', 'Foo-Bar-1.02.tar.gz' ],
        "$name: for the archive that dzil built";
    is $recorder->pause, "user AUTHOR\npassword s3cret\n", "$name: with the credentials of config.ini";
    like $said, qr/who are you\?.*hello somebody/s, "$name: what is asked and answered goes through the terminal";
    unlike $said, qr/registering upload|s3cret/, "$name: nothing else uploads, and no secret is shown";
}

my ($code, $said) = dzil_release($UNDASHED, Recorder->new(end => 'exit 14'), q());
isnt $code, 0, 'dzil fails if the release fails';
like $said, qr/\[SigStore::SignRelease\] the release is not done: the archive has defects/, 'and reports the reason';

done_testing;
