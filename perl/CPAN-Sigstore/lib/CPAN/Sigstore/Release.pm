package CPAN::Sigstore::Release;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Version ();

our $VERSION = '0.01';

# Longest file name and subdirectory, in bytes.
my $LONGEST           = 255;
my $LONGEST_DIRECTORY = 200;

my $SUFFIX = qr/\.(?:tar\.gz|tgz|tar\.bz2|tbz|zip)/;

# Section 1: the name of a release, or nothing.
sub parse_name {
    my ($class, $name) = @_;
    return if !defined $name || length $name > $LONGEST;
    $name =~ /\A([A-Za-z0-9][A-Za-z0-9_.\@+-]*)($SUFFIX)\z/ or return;
    # The first suffix that fits, so that nothing of it is left in the stem.
    my ($stem, $suffix) = ($1, $2);
    my ($distribution, $version) = split_stem($stem);
    return bless {
        file => $name, stem => $stem, suffix => $suffix, distribution => $distribution, version => $version,
    }, $class;
}

# Section 1: the path of a release, below a CPAN or as the package index has it, or nothing.
sub parse_path {
    my ($class, $path) = @_;
    return if !defined $path;
    my $below = $path =~ s{\Aauthors/id/}{}r;
    $below =~ m{\A([A-Z])/([A-Z][A-Z0-9-])/([A-Z][A-Z0-9-]{1,11})/(?:(.+)/)?([^/]+)\z}s or return;
    my ($first, $second, $author, $directory, $file) = ($1, $2, $3, $4, $5);
    return if $first ne substr($author, 0, 1) || $second ne substr $author, 0, 2;
    return if defined $directory && !_is_directory($directory);
    my $self = $class->parse_name($file) or return;
    $self->{author} = $author;
    $self->{path}   = "authors/id/$below";
    return $self;
}

sub _is_directory {
    my ($directory) = @_;
    # CPAN::DistnameInfo looks for the author behind the last one.
    return if length $directory > $LONGEST_DIRECTORY || $directory =~ m{authors/id};
    return !grep { !/\A[A-Za-z0-9_\@+-][A-Za-z0-9_.\@+-]*\z/ } split m{/}, $directory, -1;
}

sub is_pause_id { return defined $_[0] && $_[0] =~ /\A[A-Z][A-Z0-9-]{1,11}\z/ }

# The name of a distribution and its version, as CPAN::DistnameInfo 0.12 splits them. Its pattern takes
# exponential time for some names, so this is the same in steps.
sub split_stem {
    my ($stem) = @_;
    my $end = 0;
    while (defined(my $next = _end_of_piece($stem, $end))) { $end = $next }
    return ($stem, undef) if $end == 0;
    my $name    = substr $stem, 0, $end;
    my $version = substr $stem, $end;

    $name =~ s/-undef\z// if $version eq q();
    $version =~ s/-withoutworldwriteables\z//;
    if ($version =~ /\A(-[vV].*)-([0-9].*)\z/) {
        $name .= $1;
        $version = $2;
    }
    if ($version =~ /\A(.+_.*)-([0-9].*)\z/) {
        $name .= $1;
        $version = $2;
    }
    $name =~ s/\.pm\z//;
    if ($version eq q() && $name =~ s/-([0-9]+[A-Za-z0-9_])\z//) {
        $version = $1;
    }
    if ($version =~ /\A[0-9]+\z/ && $name =~ s/-([A-Za-z0-9_]+)\z//) {
        $version = "$1$version";
    }
    if   ($version =~ /[0-9]\.[0-9]/) { $version =~ s/\A[-_.]+// }
    else                              { $version =~ s/\A[-_]+// }
    return ($name, $version eq q() ? undef : $version);
}

# The end of the longest piece of a name that starts here. It ends with the last letter of a word, or with a
# digit before a hyphen.
sub _end_of_piece {
    my ($text, $start) = @_;
    my $first = $start;
    $first++ while substr($text, $first, 1) =~ /\A[-+.]\z/;
    my $last = $first;
    while ($last < length $text) {
        my $char = substr $text, $last, 1;
        if ($char eq '_') {
            # An underscore between digits belongs to a version.
            my $has_other_before = $last > 0 && substr($text, $last - 1, 1) !~ /[0-9]/;
            my $has_other_behind = $last + 1 < length($text) && substr($text, $last + 1, 1) !~ /[0-9]/;
            last if !$has_other_before && !$has_other_behind;
        }
        elsif ($char !~ /[A-Za-z0-9]/) { last }
        $last++;
    }
    for my $end (reverse $first + 1 .. $last) {
        my $char = substr $text, $end - 1, 1;
        my $next = $end < length $text ? substr $text, $end, 1 : q();
        if ($char =~ /[A-Za-z]/) {
            next if $next =~ /[A-Za-z]/;
            next if $char =~ /[vV]/ && $end >= 2 && substr($text, $end - 2, 1) =~ /[._-]/;
            return $end;
        }
        return $end if $char =~ /[0-9]/ && $next eq '-';
    }
    return;
}

sub author       { return $_[0]{author} }
sub path         { return $_[0]{path} }
sub file         { return $_[0]{file} }
sub stem         { return $_[0]{stem} }
sub distribution { return $_[0]{distribution} }
sub version      { return $_[0]{version} }

# The version without the mark of a trial release or, of perl, of a release candidate.
sub _without_mark {
    my ($self, $text) = @_;
    my $marks = $self->{distribution} eq 'perl' ? qr/-(?:TRIAL|RC)/ : qr/-TRIAL/;
    return $text =~ s/\A(.*)$marks[0-9]*\z/$1/sr;
}

# The version as Perl compares it, or nothing.
sub perl_version {
    my ($self) = @_;
    return if !defined $self->{version};
    return CPAN::Sigstore::Version->parse($self->_without_mark($self->{version}));
}

# Section 2.5 (c): a name that PAUSE does not index.
sub is_developer_release {
    my ($self) = @_;
    return 1 if $self->{file} =~ /[0-9]\.[0-9]+_[0-9]/ || $self->{file} =~ /TRIAL/;
    my $version = $self->{distribution} eq 'perl' ? $self->{version} : undef;
    return 0 if !defined $version;
    return 1 if $version =~ /-RC/;
    my @parts = split /[._-]/, $version;
    my $dots = () = $version =~ /\./g;
    return $dots == 2 && $parts[1] =~ /\A[0-9]{1,9}\z/ && $parts[1] > 6 && $parts[1] % 2 == 1 ? 1 : 0;
}

# Section 2.5: `name-mismatch`, or nothing. The facts are name, version and release_status of META, and the
# top folder.
sub compare_names {
    my ($self, %meta) = @_;
    return 'name-mismatch' if defined $meta{name} && !$self->_is_named_by($meta{name}, $meta{version} // q());
    my $status = $meta{release_status};
    return 'name-mismatch' if defined $status && $status ne 'stable' && !$self->is_developer_release;
    if (defined $meta{folder} && !$self->is_developer_release) {
        my $named = CPAN::Sigstore::Release->parse_name("$meta{folder}.tar.gz");
        return 'name-mismatch' if $named && $named->is_developer_release;
    }
    return;
}

sub _is_named_by {
    my ($self, $meta_name, $meta_version) = @_;
    $meta_name =~ s/::/-/g;
    # Every tool names the file like this.
    for my $stem ($self->{stem}, $self->_without_mark($self->{stem})) {
        return 1 if $stem eq "$meta_name-$meta_version";
    }
    return 0 if $self->{distribution} ne $meta_name =~ s/\.pm\z//r;
    my $version = $self->{version};
    return 1 if !defined $version;
    my ($bare, $meta_bare) = map { $self->_without_mark($_) } $version, $meta_version;
    my $mark      = substr $version,      length $bare;
    my $meta_mark = substr $meta_version, length $meta_bare;
    return 0 if $meta_mark ne q() && $meta_mark ne $mark;
    return 1 if $bare eq $meta_bare;
    my ($left, $right) = map { CPAN::Sigstore::Version->parse($_) } $bare, $meta_bare;
    return $left && $right && $left->names_same_release($right) ? 1 : 0;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Release - the name and path of a release on CPAN

=head1 SYNOPSIS

    use CPAN::Sigstore::Release;

    my $release = CPAN::Sigstore::Release->parse_path('authors/id/T/TI/TIMLEGGE/Foo-Bar-1.02.tar.gz')
        or die "this is no release\n";
    print $release->author, ' ', $release->distribution, ' ', $release->version;

    my $finding = $release->compare_names(name => 'Foo-Bar', version => '1.02');

=head1 METHODS

=head2 parse_path(PATH)

=head2 parse_name(FILE)

Returns a release, or nothing for a text that names none. C<parse_name> knows
no author.

=head2 author

=head2 path

=head2 file

=head2 stem

=head2 distribution

=head2 version

The parts of the path. The stem is the file name without its suffix. The version
may be undefined.

=head2 perl_version

The version as a L<CPAN::Sigstore::Version>, without a mark such as C<-TRIAL>.

=head2 is_developer_release

Whether PAUSE takes it for a developer release.

=head2 compare_names(name => ..., version => ..., release_status => ..., folder => ...)

Returns C<name-mismatch> if META or the top folder names another release, and
nothing otherwise. Facts that are left out are not compared.

=head1 FUNCTIONS

=head2 split_stem(STEM)

Returns distribution and version, split as L<CPAN::DistnameInfo> does.

=head2 is_pause_id(TEXT)

Returns whether a text is a PAUSE id.

=cut
