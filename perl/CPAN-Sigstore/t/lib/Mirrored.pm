package Mirrored;
use strict;
use warnings;

use Archive::Tar       ();
use Exhibit            qw(slurp read_file);
use File::Path         qw(make_path);
use File::Spec         ();
use File::Temp         ();
use IO::Compress::Gzip ();

use CPAN::Sigstore::Bundle      ();
use CPAN::Sigstore::Certificate ();

# A CPAN in a folder, with a user who trusts one author: MYAUTHOR, the author of the signed files.
sub new {
    my ($class) = @_;
    my $self = bless { folder => File::Temp->newdir, packages => {} }, $class;
    $self->write('policy.toml', sprintf <<'POLICY', $self->issuer);
[author.MYAUTHOR]
identities = [{ subject = "author@example.org", issuer = "%s" }]

[module."Foo::Bar"]
authors = ["MYAUTHOR"]
POLICY
    $self->write('trusted_root.json', slurp('here.trusted_root.json'));
    return $self;
}

sub path { return File::Spec->catfile("$_[0]{folder}", split m{/}, $_[1]) }
sub cpan { return 'file://' . $_[0]->path('cpan') . q(/) }

# The options of the hooks, for the modules as the verifier.
sub options {
    my ($self, @more) = @_;
    return ('verifier=perl', 'policy=' . $self->path('policy.toml'), 'trusted-root=' . $self->path('trusted_root.json'), 'require-signed=yes', @more);
}

sub certificate { return CPAN::Sigstore::Certificate->parse(CPAN::Sigstore::Bundle->parse(slurp('here-author-2.json'))->certificate) }
sub issuer      { return certificate()->signer->{issuer} }

# Whether the clock of this machine is behind the signed files, so that nothing can be verified.
sub is_early { return time + 600 < certificate()->from }

sub write {    ## no critic (ProhibitBuiltinHomonyms)
    my ($self, $name, $bytes) = @_;
    my $path = $self->path($name);
    make_path($path =~ s{/[^/]+\z}{}r);
    open my $handle, '>:raw', $path or die "cannot write $path: $!\n";
    print {$handle} $bytes;
    close $handle or die "cannot write $path: $!\n";
    return $self;
}

sub has { return -e $_[0]->path($_[1]) ? 1 : 0 }

# Publishes a release: the package, its path, the archive and perhaps the bundle.
sub publish {
    my ($self, $package, $path, $archive, $bundle) = @_;
    my ($author) = $path =~ m{\A([^/]+)/};
    my $whole = sprintf '%s/%s/%s', substr($author, 0, 1), substr($author, 0, 2), $path;
    $self->{packages}{$package} = $whole;
    $self->write("cpan/authors/id/$whole", $archive);
    $self->write("cpan/authors/id/$whole.sigstore.json", $bundle) if defined $bundle;
    # No client may need it: its digests are wrong.
    $self->write('cpan/authors/id/' . ($whole =~ s{[^/]+\z}{CHECKSUMS}r), "\$cksum = { " . join(',', map {"'" . s{.*/}{}r . "' => { sha256 => '0', cpan_path => 'X' }"} $whole) . " };\n");
    return $self->_write_indexes;
}

sub _write_indexes {
    my ($self) = @_;
    my %packages = %{ $self->{packages} };
    my $index = join "\n", 'File: 02packages.details.txt', 'Columns: package name, version, path', 'Line-Count: ' . keys %packages,
        'Last-Updated: Sat, 28 Nov 2026 02:00:00 GMT', q(), map({"$_ 1.02 $packages{$_}"} sort { lc $a cmp lc $b } keys %packages), q();
    my %file = (
        'modules/02packages.details.txt.gz' => $index,
        'authors/01mailrc.txt.gz'           => qq(alias MYAUTHOR "An author <author\@example.org>"\n),
        'modules/03modlist.data.gz'         => "File: 03modlist.data\n\npackage CPAN::Modulelist;\nsub data { return {} }\n1;\n",
    );
    for my $name (sort keys %file) {
        IO::Compress::Gzip::gzip(\$file{$name}, \my $packed) or die "cannot compress\n";
        $self->write("cpan/$name", $packed);
    }
    return $self;
}

# An archive whose Makefile.PL leaves a mark.
sub hostile_archive {
    my ($self, $name) = @_;
    my $tar = Archive::Tar->new;
    my $mark = $self->path('mark');
    $tar->add_data("$name/Makefile.PL", "open my \$mark, '>', '$mark'; use ExtUtils::MakeMaker; WriteMakefile(NAME => 'Foo::Bar', VERSION => '1.02');\n");
    $tar->add_data("$name/lib/Foo/Bar.pm", "package Foo::Bar; our \$VERSION = '1.02'; 1;\n");
    $tar->add_data("$name/META.json", '{"abstract":"x","author":["x"],"dynamic_config":0,"generated_by":"x","license":["perl_5"],"meta-spec":{"version":"2"},"name":"Foo-Bar","release_status":"stable","version":"1.02"}');
    my $path = $self->path('hostile.tar.gz');
    $tar->write($path, 1);
    return read_file($path);
}

# Runs a program of Perl with this CPAN's user. Returns exit code and output.
sub run {
    my ($self, @arguments) = @_;
    local $ENV{HOME} = $self->path('home');
    local @ENV{qw(PERL_MM_USE_DEFAULT NONINTERACTIVE_TESTING PERL5LIB PERL_MM_OPT PERL_MB_OPT)} = (1, 1, join(':', map { File::Spec->rel2abs($_) } grep { !ref && $_ ne '.' } @INC), q(), q());
    make_path($ENV{HOME});
    my $out = $self->path('output');
    my $child = fork // die "cannot fork: $!";
    if (!$child) {
        open STDIN, '<', File::Spec->devnull or die "cannot read: $!";
        open STDOUT, '>', $out or die "cannot write: $!";
        open STDERR, '>&', \*STDOUT or die "cannot write: $!";
        exec { $^X } $^X, @arguments or die "cannot run: $!";
    }
    waitpid $child, 0;
    my $status = $?;
    return ($status & 0xFF ? "signal $status" : $status >> 8, read_file($out));
}

1;
