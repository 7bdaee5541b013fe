package PAUSE::Sigstore::Path;
use 5.020;
use strict;
use warnings;

our $VERSION = '0.01';

# The end of a bundle's name, after the name of the signed file.
our $BUNDLE = '.sigstore.json';

# Orders the query of the daemon: what is signed comes after its bundle.
our $ORDER_BY = q{ORDER BY uriid LIKE '%.sigstore.json' DESC, uriid LIKE '%-sigstore-identities-%' DESC, changed, uriid};

my $RECORD = qr{-sigstore-identities-[^/]*[.]json\z}i;
# All that PAUSE indexes, and what clients of CPAN unpack besides.
my $ARCHIVE = qr{[.](?:tar|tar[._-](?:gz|bz2|xz|z|lzma|zst)|t[gbx]z|tbz2|zip)\z}i;

# The place of a file below authors/id; undef for a file that no signature concerns.
sub of {
    my ($class, $text) = @_;
    my $kind = _kind($text) or return;
    # PAUSE itself writes the paths. Another form is a fault, and nothing is published there.
    my ($author) = $text =~ m{\A[A-Z]/[A-Z][A-Z0-9-]/([A-Z][A-Z0-9-]+)/[^/]};
    my $is_whole = defined $author && $text !~ /[^\x20-\x7e]/ && $text =~ m{\A\Q@{[substr $author, 0, 1]}/@{[substr $author, 0, 2]}/$author\E/}
        && !grep { $_ eq q() || $_ eq q(.) || $_ eq q(..) } split m{/}, $text, -1;
    return bless { text => $text, kind => $kind, author => $is_whole ? $author : undef }, $class;
}

sub _kind {
    my ($text) = @_;
    return 'bundle'  if $text =~ m{\Q$BUNDLE\E\z};
    return 'record'  if $text =~ $RECORD;
    return 'release' if $text =~ $ARCHIVE;
    return;
}

sub text   { return $_[0]{text} }
sub kind   { return $_[0]{kind} }
sub author { return $_[0]{author} }

# Whether it is an author record, or the bundle of one.
sub is_record {
    my ($self) = @_;
    return $self->signed_file =~ $RECORD;
}

# The path of the file that a bundle signs; of any other file, its own.
sub signed_file {
    my ($self) = @_;
    return $self->{text} =~ s{\Q$BUNDLE\E\z}{}r;
}

1;
