package CPAN::Sigstore::Archive;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Version ();

our $VERSION = '0.01';

# Largest archive whose META is read, and largest META, in bytes.
my $SIZE_LIMIT = 64 * 1024 * 1024;
my $META_LIMIT = 8 * 1024 * 1024;
# Deepest nesting within META.
my $DEPTH_LIMIT = 64;

my @FIELDS = qw(name version release_status);
my $FIELD  = join q(|), @FIELDS;

# Section 2.5: what META and the top folder of an archive state, compared with the name of the release. Returns a
# finding, or nothing if the name agrees.
sub compare {
    my ($release, $file) = @_;
    my $stated = eval { _read($file) };
    return 'name-unchecked' if !$stated;
    my @metas = map { _meta($_, $stated->{metas}{$_}) } sort keys %{ $stated->{metas} };
    return 'name-mismatch' if grep { $_->{twice} } @metas;
    return 'name-mismatch' if $release->compare_names(folder => $stated->{folder});
    my @whole = grep { defined $_->{name} && defined $_->{version} } @metas;
    for my $meta (@metas) {
        my %named = map { defined $meta->{$_} ? ($_ => $meta->{$_}) : () } @FIELDS;
        delete $named{name} if !defined $named{version};
        return 'name-mismatch' if $release->compare_names(%named);
    }
    return 'name-mismatch' if @whole > 1 && !_agree(@whole);
    return 'name-unchecked' if !@whole || !defined $release->version;
    return;
}

sub _agree {
    my ($left, $right) = @_;
    my ($name, $other) = map { $_->{name} =~ s/::/-/gr } $left, $right;
    return 0 if $name ne $other;
    return 1 if $left->{version} eq $right->{version};
    my ($version, $second) = map { CPAN::Sigstore::Version->parse($_->{version}) } $left, $right;
    return $version && $second && $version->names_same_release($second) ? 1 : 0;
}

# Only what Archive::Tar reads. Any other archive has a name that nobody checked.
sub _read {
    my ($file) = @_;
    return if $file !~ /\.(?:tar\.gz|tgz)\z/ || -s $file > $SIZE_LIMIT;
    local @INC = grep { ref || $_ ne '.' } @INC;
    return if !eval { require Archive::Tar; require IO::Zlib; 1 };
    local $Archive::Tar::WARN = 0;
    my (%folders, %metas, $is_loose);
    my $next = Archive::Tar->iter($file, 1) or return;
    while (my $member = $next->()) {
        my $path = $member->full_path =~ s{\A\./}{}r;
        next if $path eq q() || $member->name eq 'pax_global_header' || $member->is_dir;
        my ($folder, $rest) = split m{/}, $path, 2;
        $folders{$folder} = 1;
        if (!defined $rest) { $is_loose = 1; next }
        next if $rest !~ /\AMETA\.(?:json|yml)\z/ || !$member->is_file || $member->size > $META_LIMIT;
        # Readers of one path twice take different files.
        return { metas => { twice => q() } } if exists $metas{$path};
        $metas{$path} = $member->get_content // q();
    }
    my @folders = keys %folders;
    return { metas => \%metas, folder => @folders == 1 && !$is_loose ? $folders[0] : undef };
}

# The fields of a META file; `twice` if it states one twice with different values. A file that nobody can read has none.
sub _meta {
    my ($name, $text) = @_;
    return { twice => 1 } if $name eq 'twice';
    # Old files have no fixed encoding, but these fields are ASCII.
    $text =~ s/\A\xEF\xBB\xBF//;
    local @INC = grep { ref || $_ ne '.' } @INC;
    my @pairs = eval { $name =~ /json\z/ ? _json($text) : _yaml($text) } or return {};
    my %stated;
    for my $pair (@pairs) {
        my ($key, $value) = @$pair;
        $value = undef if defined $value && (ref $value || $value eq q());
        return { twice => 1 } if defined $stated{$key} && $stated{$key} ne ($value // q());
        $stated{$key} = $value;
    }
    return \%stated;
}

# The fields of an object, each as often as it is there. They come before an empty pair, so that there is one at least.
sub _json {
    my ($text) = @_;
    require JSON::PP;
    my $json  = JSON::PP->new->max_depth(1 + length $text)->allow_nonref;
    my $whole = $json->decode($text);
    die "expected an object\n" if ref $whole ne 'HASH';
    my ($depth, $key, @pairs) = (0);
    # It is valid JSON, so brackets outside of texts have partners, and a key is what a colon follows.
    while ($text =~ /("(?:[^"\\]|\\.)*+")\s*(:?)|([\[{])|([\]}])|([^\s,:"\[\]{}]+)/gs) {
        my ($string, $colon, $open, $close, $bare) = ($1, $2, $3, $4, $5);
        if ($open) { $depth++ }
        if ($close) { $depth-- }
        if ($depth == 1 && defined $string && $colon) { $key = $json->decode($string); next }
        next if !defined $key;
        # The value, or the bracket that opens it.
        push @pairs, [ $key, defined $string ? $json->decode($string) : defined $bare && $bare =~ /\A[-0-9]/ ? $bare : undef ];
        undef $key;
    }
    return ((grep { $_->[0] =~ /\A(?:$FIELD)\z/ } @pairs), [ q() => undef ]);
}

# The fields of the first document.
sub _yaml {
    my ($text) = @_;
    require CPAN::Meta::YAML;
    # It warns of keys that are there twice.
    local $SIG{__WARN__} = sub { };
    my ($meta) = @{ CPAN::Meta::YAML->read_string($text) };
    die "expected a mapping\n" if ref $meta ne 'HASH';
    die "expected texts\n" if grep { ref $meta->{$_} } @FIELDS;
    my ($document) = $text =~ /\A(?:\s*+(?:#[^\n]*|%[^\n]*|---[^\n]*)?\n)*(.*?)(?=^(?:---|\.\.\.)|\z)/ms;
    my @lines = $document =~ /^((?:"(?:$FIELD)"|'(?:$FIELD)'|$FIELD)[ \t]*:(?:[ \t][^\n]*)?)$/mg;
    # Each line alone, because a hash keeps the last of them.
    my @pairs = map { %{ CPAN::Meta::YAML->read_string("---\n$_\n")->[0] } } @lines;
    @pairs = map { [ splice @pairs, 0, 2 ] } 1 .. @pairs / 2;
    return (@pairs, [ q() => undef ]);
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
the name of the top folder with L<Archive::Tar>, L<JSON::PP> and L<CPAN::Meta::YAML>. It does not
check the form of the archive (section 2.6): use the program for that.

=head1 FUNCTIONS

=head2 compare(RELEASE, FILE)

Returns C<name-mismatch>, C<name-unchecked>, or nothing.

=cut
