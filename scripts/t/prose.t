#!/usr/bin/env perl
# What scripts/prose finds, and what it leaves alone.
use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $PROSE = abs_path(dirname(__FILE__) . '/../prose');

# Runs the script on a tree of files, and returns its exit code and what it reported.
sub prose {
    my (%files) = @_;
    my $folder = tempdir(CLEANUP => 1);
    for my $name (keys %files) {
        make_path(dirname("$folder/$name"));
        open my $file, '>', "$folder/$name" or die "cannot write $name: $!";
        print {$file} $files{$name};
        close $file or die "cannot write $name: $!";
    }
    my $report = qx("$^X" "$PROSE" "$folder" 2>&1 >/dev/null);
    return ($? >> 8, $report);
}

sub passes {
    my ($name, %files) = @_;
    my ($code, $report) = prose(%files);
    is $code, 0, $name or diag $report;
    return;
}

sub fails {
    my ($name, $pattern, %files) = @_;
    my ($code, $report) = prose(%files);
    is $code, 1, $name;
    like $report, $pattern, "$name, and reports it";
    return;
}

my $long = join(' ', ('word') x 31) . ".\n";
my $dull = join(' ', ('word') x 19) . ".\n";

passes 'plain prose', 'README.md' => "The gate rejects a release. You sign it.\n";
fails 'dialect in a page', qr{^README\.md: "whoever"}, 'README.md' => "Read it, whoever you are.\n";
fails 'dialect over two lines', qr{"is told"}, 'docs/a.md' => "The user is\ntold.\n";
fails 'a long sentence', qr{^docs/a\.md: a sentence of 31 words}, 'docs/a.md' => $long;
fails 'a high mean', qr{19\.0 words a sentence}, 'README.md' => $dull;
passes 'a mean over all pages', 'README.md' => $dull, 'docs/a.md' => "You sign it.\n";
passes 'code, tables and headings', 'README.md' => "# Whatever\n\n```sh\n$long```\n\n| whatever | $long\nYou sign it.\n";
passes 'items of a list', 'README.md' => "- one two three four five six seven eight nine ten\n" x 5;
passes 'code that is one word', 'README.md' => "Run `$dull` as you like, e.g. on a Monday.\n";

fails 'dialect in a comment', qr{^crates/a/src/lib\.rs: "anew"}, 'crates/a/src/lib.rs' => "/// Begins anew.\nfn f() {}\n";
fails 'dialect in an error', qr{"is asked"}, 'crates/a/src/b/c.rs' => "#[error(\"nobody is \\\n    asked\")]\n";
fails 'dialect in a raw text', qr{"whatever"}, 'crates/a/src/lib.rs' => "const A: &str = r#\"a \"b\" whatever\"#;\n";
passes 'identifiers', 'crates/a/src/lib.rs' => "fn anew(whatever: char) -> bool { whatever == '\"' }\n";
passes 'what is not in src', 'crates/a/tests/a.rs' => "// whatever\n";

passes 'a pending file', 'scripts/prose.pending' => "README.md\n", 'README.md' => $long;
fails 'a pending file that passes', qr{^README\.md: passes}, 'scripts/prose.pending' => "README.md\n",
  'README.md' => "You sign it.\n";

done_testing;
