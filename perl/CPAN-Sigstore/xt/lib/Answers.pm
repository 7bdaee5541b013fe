package Answers;
use strict;
use warnings;

use MIME::Base64 qw(decode_base64);

use CPAN::Sigstore::Error       ();
use CPAN::Sigstore::Identity    ();
use CPAN::Sigstore::Record      ();
use CPAN::Sigstore::Release     ();
use CPAN::Sigstore::Time        ();
use CPAN::Sigstore::TrustedRoot ();
use CPAN::Sigstore::Verifier    ();
use CPAN::Sigstore::Version     ();

# Most trusted roots that are kept.
my $KEPT = 64;

my %ANSWER = (bundle => \&_bundle, record => \&_record, name => \&_name, path => \&_path, versions => \&_versions);

# The answer of these modules to a question.
sub answer {
    my ($question) = @_;
    return $ANSWER{ $question->{kind} }->($question);
}

sub _refused {
    my ($error) = @_;
    # Anything but an error of these modules is a mistake in them.
    die "not an error of the distribution: $error" if !ref $error || !$error->isa('CPAN::Sigstore::Error');
    return { cause => $error->code, found => $error->message };
}

my %roots;

sub _bundle {
    my ($question) = @_;
    %roots = () if keys %roots > $KEPT;
    my $root = $roots{ $question->{root} } //= eval { CPAN::Sigstore::TrustedRoot->parse(decode_base64($question->{root})) } // _refused($@);
    return $root if ref $root eq 'HASH';
    my $verified = eval {
        CPAN::Sigstore::Verifier::verify(root => $root, bundle => decode_base64($question->{bundle}), digest => $question->{digest});
    } // return _refused($@);
    my %signer = %{ $verified->{signer} };
    # The workflow without its branch or tag, as records state it.
    my %claims = %{ $signer{claims} };
    $claims{workflow} = CPAN::Sigstore::Identity::without_ref($claims{workflow}) if defined $claims{workflow};
    return {
        valid     => 1,
        signer    => { (map { $_ => $signer{$_} } qw(kind subject issuer)), claims => { map { defined $claims{$_} ? ($_ => $claims{$_}) : () } keys %claims } },
        times     => [ sort { $a <=> $b } @{ $verified->{times} } ],
        statement => $verified->{statement},
        logs      => $verified->{logs},
    };
}

sub _record {
    my ($question) = @_;
    my $record = eval { CPAN::Sigstore::Record->parse(decode_base64($question->{record})) } // return _refused($@);
    my @memberships = map {
        my @times = map { CPAN::Sigstore::Time::parse($_) } @{ $_->{times} };
        CPAN::Sigstore::Identity::membership($record->identities, $_, @times) // 'none';
    } @{ $question->{signers} };
    return {
        valid       => 1,
        digest      => $record->digest,
        author      => $record->author,
        version     => $record->version,
        identities  => scalar @{ $record->identities },
        memberships => \@memberships,
    };
}

sub _name {
    my ($question) = @_;
    my $release = CPAN::Sigstore::Release->parse_name($question->{file}) or return {};
    my $meta    = $question->{meta} || {};
    my $finding = $release->compare_names(
        name => $meta->{name}, version => $meta->{version}, release_status => $meta->{status}, folder => $question->{folder},
    );
    return {
        valid        => 1,
        distribution => $release->distribution,
        version      => $release->version,
        developer    => $release->is_developer_release ? 1 : 0,
        matches      => ($finding // q()) eq 'name-mismatch' ? 0 : 1,
    };
}

sub _path {
    my ($question) = @_;
    my $release = CPAN::Sigstore::Release->parse_path($question->{path}) or return {};
    return { valid => 1, path => $release->path };
}

sub _versions {
    my ($question) = @_;
    my ($left, $right) = map { scalar CPAN::Sigstore::Version->parse($question->{$_}) } qw(left right);
    my $is_whole = $left && $right;
    return {
        read  => [ map { $_ ? 1 : 0 } $left, $right ],
        order => $is_whole ? $left->compare($right) : undef,
        same  => $is_whole ? ($left->names_same_release($right) ? 1 : 0) : undef,
    };
}

1;
