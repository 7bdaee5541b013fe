package Project;

# A small distribution that Dist::Zilla builds and releases without this machine's settings.

use strict;
use warnings;

use Exporter   qw(import);
use Path::Tiny qw(path tempdir);
use Test::DZil qw(Builder simple_ini);

our @EXPORT_OK = qw(project release home);

my $HOME;

BEGIN {
    $HOME = tempdir();
    $ENV{HOME} = "$HOME";
    delete @ENV{qw(CPAN_SIGSTORE CPAN_UPLOADER_UPLOAD_URI DZIL_GLOBAL_CONFIG_ROOT DZIL_RELEASING PAUSE_TOKEN)};
}

sub home { return $HOME }

# Plugins as for `simple_ini`; by default ours alone, and a stash with credentials.
sub project {
    my (@plugins) = @_;
    @plugins = ('SigStore::SignRelease', [ '%PAUSE' => { username => 'AUTHOR', password => 's3cret pass' } ])
        if !@plugins;
    my $empty = tempdir();
    return Builder->from_config(
        { dist_root => "$empty" },
        {
            tempdir_root => undef,
            add_files    => {
                'source/dist.ini'         => simple_ini({ name => 'Foo-Bar', version => '1.02' }, 'GatherDir', @plugins),
                'source/lib/Foo/Bar.pm' => "package Foo::Bar;\n\n# ABSTRACT: of no use\n\n1;\n",
            },
        },
    );
}

# Returns the error, or an empty string.
sub release {
    my ($project) = @_;
    local $ENV{DZIL_RELEASING} = undef;
    return eval { $project->release; 1 } ? q() : $@;
}

1;
