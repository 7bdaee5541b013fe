# CPAN.pm itself, with the plugin.
use strict;
use warnings;

use FindBin ();
use lib "$FindBin::Bin/lib";
use Exhibit qw(slurp);
use Mirrored ();

use Config       ();
use Data::Dumper ();
use File::Spec   ();
use Test::More;

eval { require CPAN; CPAN->VERSION('2.07'); require CPAN::HandleConfig; 1 } or plan skip_all => 'CPAN.pm has no plugins';
plan skip_all => 'the clock is behind the signed files' if Mirrored::is_early();
my ($make) = grep { -x } map { File::Spec->catfile($_, $Config::Config{make}) } File::Spec->path;
plan skip_all => 'there is no make' if !$make;
my $archive = slurp('Foo-Bar-1.02.tar.gz');

# A session of CPAN.pm with these commands.
sub session {
    my ($user, $commands, %settings) = @_;
    my %config = (
        auto_commit => 0, build_cache => 100, build_dir => $user->path('home/build'), build_dir_reuse => 0, cache_metadata => 0,
        cpan_home => $user->path('home/.cpan'), keep_source_where => $user->path('home/sources'), histfile => $user->path('home/history'),
        make => $make, makepl_arg => 'INSTALL_BASE=' . $user->path('perl'), prerequisites_policy => 'follow', pushy_https => 0, scan_cache => 'never',
        trust_test_report_history => 0, test_report => 0, urllist => [ $user->cpan ], use_prompt_default => 1, connect_to_internet_ok => 1,
        prefs_dir => $user->path('home/prefs'), recommends_policy => 0, suggests_policy => 0, show_upload_date => 0, yaml_load_code => 0,
        prefer_installer => 'EUMM', check_sigs => 0, halt_on_failure => 1, index_expire => 1, inhibit_startup_message => 1, shell => '/bin/sh',
        plugin_list => [ 'CPAN::Plugin::Sigstore=' . join q(,), $user->options ], %settings,
    );
    my $file = $user->path('home/config.pm');
    $user->write('home/config.pm', '$CPAN::Config = ' . Data::Dumper->new([ \%config ])->Terse(1)->Dump . ";\n1;\n");
    return $user->run('-e', 'require CPAN; require $ARGV[0]; $INC{"CPAN/MyConfig.pm"} = $INC{"CPAN/Config.pm"} = $ARGV[0]; $CPAN::Config_loaded = 1; eval $ARGV[1] or die $@ || "no success\n"',
        $file, $commands);
}

my $INSTALL = 'CPAN::Shell->install("Foo::Bar"); 1';
my $INSTALLED = 'perl/lib/perl5/Foo/Bar.pm';

sub refuses {
    my ($name, $finding, $user, $commands, %settings) = @_;
    my ($exit, $output) = session($user, $commands // $INSTALL, %settings);
    isnt $exit, 0, "$name: it stops" or diag $output;
    like $output, qr/CPAN::Plugin::Sigstore: refused $finding/, "$name: it says why";
    ok !$user->has($INSTALLED), "$name: nothing is installed";
    ok !$user->has('mark'),     "$name: nothing is run";
    return $user;
}

my $user = Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json'));
# The signed file has no Makefile.PL.
my ($exit, $output) = session($user, 'CPAN::Shell->get("Foo::Bar"); 1');
ok glob($user->path('home/build') . '/Foo-Bar-1.02-*/lib/Foo/Bar.pm'), 'gets a release of its author' or diag $output;
like $output, qr/CPAN::Plugin::Sigstore: trusted: \S+Foo-Bar-1\.02\.tar\.gz.*\(verified by CPAN::Sigstore \S+ with \w+\)/, 'says who verified it';
like $output, qr/Checksum for \S+ ok/, 'CPAN.pm reads the CHECKSUMS of the plugin, and not those of the mirror';

refuses('rejects the release of a stranger', 'identity-mismatch',
    Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $archive, slurp('here-stranger-2.json')));

my $hostile = Mirrored->new;
my $bytes   = $hostile->hostile_archive('Foo-Bar-1.02');
refuses('rejects a release without its bundle', 'unsigned', $hostile->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $bytes));
refuses('rejects other bytes than those that were signed', 'signature-invalid',
    $hostile->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $bytes, slurp('here-author-2.json')));
for my $command (qw(get look make test)) {
    refuses("rejects it for $command, too", 'signature-invalid', $hostile, qq{CPAN::Shell->$command("Foo::Bar"); 1});
}
refuses('rejects it in spite of force', 'signature-invalid', $hostile, 'CPAN::Shell->force("install", "Foo::Bar"); 1');
refuses('rejects it by its path', 'signature-invalid', $hostile, 'CPAN::Shell->install("MYAUTHOR/Foo-Bar-1.02.tar.gz"); 1');

refuses('rejects a release of another owner', 'owner-changed',
    Mirrored->new->publish('Foo::Bar' => 'EVIL/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json')));
refuses('rejects signed bytes under another name', 'name-mismatch',
    Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.03.tar.gz', $archive, slurp('here-author-2.json')));

# A file in the cache that was changed after it was verified.
$user = Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json'));
$user->write('home/sources/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz', $bytes);
refuses('rejects another file in the cache', 'signature-invalid', $user);
ok !$user->has('home/sources/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz'), 'removes it from the cache';

# A build folder that was there before the plugin.
$hostile = Mirrored->new;
$hostile->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $hostile->hostile_archive('Foo-Bar-1.02'));
$hostile->write('cpan/authors/id/M/MY/MYAUTHOR/CHECKSUMS', "\$cksum = {};\n");
session($hostile, 'CPAN::Shell->get("Foo::Bar"); 1', plugin_list => [], build_dir_reuse => 1);
$hostile->write('cpan/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz', $archive)->write('cpan/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz.sigstore.json', slurp('here-author-2.json'));
unlink $hostile->path('home/sources/authors/id/M/MY/MYAUTHOR/Foo-Bar-1.02.tar.gz');
session($hostile, $INSTALL, build_dir_reuse => 1);
ok !$hostile->has('mark'), 'runs nothing of a build folder that nobody verified';

# What cannot be verified is no pass.
$user = Mirrored->new->publish('Foo::Bar' => 'MYAUTHOR/Foo-Bar-1.02.tar.gz', $archive, slurp('here-author-2.json'));
$user->write('trusted_root.json', '{}');
($exit, $output) = session($user, $INSTALL);
ok $exit != 0 && !$user->has($INSTALLED) && $output =~ /invalid trusted root/, 'installs nothing without a trusted root';
($exit, $output) = session($user, $INSTALL, plugin_list => ['CPAN::Plugin::Sigstore=polcy=x']);
ok $exit != 0 && !$user->has($INSTALLED) && $output =~ /expected one of/, 'installs nothing with an unknown option';

done_testing;
