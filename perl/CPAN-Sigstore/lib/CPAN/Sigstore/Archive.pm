package CPAN::Sigstore::Archive;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Error ();

our $VERSION = '0.01';

# Largest archive whose META is read, in bytes.
my $SIZE_LIMIT = 64 * 1024 * 1024;
my $META_LIMIT = 1024 * 1024;

# Section 2.5: what META and the top folder of an archive state, compared with the name of the release. Returns a
# finding, or nothing if the name agrees.
sub compare {
    my ($release, $file) = @_;
    my $stated = eval { _read($file) };
    return 'name-unchecked' if !$stated;
    my $finding = $release->compare_names(%$stated);
    return $finding if $finding;
    return 'name-unchecked' if !defined $stated->{name} || !defined $release->version;
    return;
}

# Only what Archive::Tar reads. Any other archive has a name that nobody checked.
sub _read {
    my ($file) = @_;
    return if $file !~ /\.(?:tar\.gz|tgz)\z/ || -s $file > $SIZE_LIMIT;
    local @INC = grep { ref || $_ ne '.' } @INC;
    return if !eval { require Archive::Tar; require IO::Zlib; 1 };
    local $Archive::Tar::WARN = 0;
    my (%folders, %meta);
    my $next = Archive::Tar->iter($file, 1) or return;
    while (my $member = $next->()) {
        my $path = $member->full_path =~ s{\A\./}{}r;
        next if $path eq q() || $member->name eq 'pax_global_header';
        my ($folder, $rest) = split m{/}, $path, 2;
        $folders{$folder} = 1;
        next if !defined $rest || $rest !~ /\AMETA\.(?:json|yml)\z/ || !$member->is_file || $member->size > $META_LIMIT;
        # Of two, readers take different ones.
        return { name => q() } if exists $meta{$rest};
        $meta{$rest} = $member->get_content;
    }
    my @folders = keys %folders;
    my %stated  = (folder => @folders == 1 ? $folders[0] : undef);
    my @metas   = map { _meta($meta{$_}) } sort keys %meta;
    # META.json is before META.yml. If they differ, neither is right.
    for my $key (qw(name version)) {
        return { name => q() } if @metas == 2 && ($metas[0]{$key} // q()) ne ($metas[1]{$key} // q());
    }
    return { %stated, %{ $metas[0] || {} } };
}

sub _meta {
    my ($text) = @_;
    local @INC = grep { ref || $_ ne '.' } @INC;
    my $meta = eval { require CPAN::Meta; CPAN::Meta->load_string($text, { lazy_validation => 1 }) };
    return {} if !$meta;
    my $struct = $meta->as_struct;
    return { name => $struct->{name}, version => $struct->{version}, release_status => $struct->{release_status} };
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Archive - the names in an archive, compared with that of the release

=head1 SYNOPSIS

    use CPAN::Sigstore::Archive;

    my $finding = CPAN::Sigstore::Archive::compare($release, 'Foo-Bar-1.02.tar.gz');
    print $finding // 'the name agrees';

=head1 DESCRIPTION

Section 2.5 of the standard, for tar archives with gzip. The module reads META and
the name of the top folder with L<Archive::Tar> and L<CPAN::Meta>. It does not
check the form of the archive (section 2.6): use the program for that.

=head1 FUNCTIONS

=head2 compare(RELEASE, FILE)

Returns C<name-mismatch>, C<name-unchecked>, or nothing.

=cut
