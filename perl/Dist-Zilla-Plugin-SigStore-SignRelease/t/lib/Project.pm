package Project;

# A small distribution that Dist::Zilla builds and releases, apart from this machine's own settings.

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

# The plugins as for `simple_ini`; without any, ours alone, and a stash with credentials.
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

# The error; nothing when there was none.
sub release {
    my ($project) = @_;
    local $ENV{DZIL_RELEASING} = undef;
    return eval { $project->release; 1 } ? q() : $@;
}

1;
