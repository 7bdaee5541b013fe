package CPAN::Sigstore::Record;
use 5.016;
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use CPAN::Sigstore::Crypto   ();
use CPAN::Sigstore::Error    ();
use CPAN::Sigstore::Identity ();
use CPAN::Sigstore::JSON     ();
use CPAN::Sigstore::Release  ();
use CPAN::Sigstore::Time     ();

our $VERSION = '0.01';

our $MEDIA_TYPE = 'application/vnd.cpan.sigstore.author-identities.v1+json';

my $SIZE_LIMIT       = 64 * 1024;
my $IDENTITIES_LIMIT = 64;
my $VERSION_LIMIT    = 9999;
my $TEXT_LIMIT       = 1024;
my $HANDED_LIMIT     = 1000;
my $SUCCESSORS_LIMIT = 100;

my %KEYS          = map { $_ => 1 } qw(author distributions identities mediaType previous recoveryKey recoverySignature releases version);
my %IDENTITY_KEYS = map { $_ => 1 } qw(claims from issuer pattern subject until);
my %CLAIM_KEYS    = map { $_ => 1 } @CPAN::Sigstore::Identity::CLAIMS;

# Control characters and format characters without a shape of their own, as the schema lists them.
my $HIDDEN = qr/[\x{00}-\x{1F}\x{7F}-\x{9F}\x{AD}\x{61C}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}\x{E0000}-\x{E007F}]/;
my $WHITE  = qr/[\x{09}-\x{0D}\x{20}\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}]/;

# Sections 3.2 and 3.3: reads the bytes of a record.
sub parse {
    my ($class, $bytes) = @_;
    _fail('shape', "expected at most $SIZE_LIMIT bytes, found " . length $bytes) if length $bytes > $SIZE_LIMIT;
    my $value = eval { CPAN::Sigstore::JSON::decode($bytes) };
    _fail('shape', CPAN::Sigstore::Error->of($@, 'shape')->message) if $@;
    _check_shape($value);
    my $self = bless {
        author     => $value->{author},
        version    => $value->{version}->whole,
        previous   => $value->{previous},
        releases   => $value->{releases},
        digest     => 'sha256:' . sha256_hex($bytes),
        bytes      => $bytes,
        identities => [ map { _identity($_) } @{ $value->{identities} } ],
        distributions => $value->{distributions} || {},
        map { exists $value->{$_} ? ($_ => $value->{$_}) : () } qw(recoveryKey recoverySignature),
    }, $class;
    $self->_check_values($value);
    _fail('not-canonical', 'expected the canonical form of RFC 8785')
        if CPAN::Sigstore::JSON::canonical(_restated($value)) ne $bytes;
    $self->{recovered} = CPAN::Sigstore::JSON::canonical(_without_signature($value)) if $self->is_recovery;
    return $self;
}

sub _fail {
    my ($code, $message) = @_;
    return CPAN::Sigstore::Error->throw($code, "invalid author record: $message");
}

# Keys, and the kinds of values.
sub _check_shape {
    my ($value) = @_;
    _object($value, \%KEYS, qw(author identities mediaType releases version));
    for my $key (qw(author mediaType releases previous recoveryKey recoverySignature)) {
        _text($value, $key);
    }
    _fail('shape', 'expected `signed` or `mixed` for `releases`') if $value->{releases} !~ /\A(?:signed|mixed)\z/;
    _fail('shape', 'expected a digest for `previous`')
        if exists $value->{previous} && $value->{previous} !~ /\Asha256:[0-9a-f]{64}\z/;
    my $version = $value->{version};
    _fail('shape', 'expected a whole number for `version`')
        if ref $version ne 'CPAN::Sigstore::JSON::Number' || $version->text !~ /\A(?:0|[1-9][0-9]{0,8})\z/;
    _check_shape_of_distributions($value->{distributions}) if exists $value->{distributions};
    _fail('shape', 'expected a list for `identities`') if ref $value->{identities} ne 'ARRAY';
    for my $identity (@{ $value->{identities} }) {
        _object($identity, \%IDENTITY_KEYS, 'issuer');
        _text($identity, $_) for qw(from issuer pattern subject until);
        for my $key (grep { exists $identity->{$_} } qw(from until)) {
            my @time = CPAN::Sigstore::Time::parse_any($identity->{$key});
            _fail('shape', "expected a time for `$key`") if !@time;
        }
        next if !exists $identity->{claims};
        _object($identity->{claims}, \%CLAIM_KEYS);
        _text($identity->{claims}, $_) for keys %CLAIM_KEYS;
    }
    return;
}

sub _check_shape_of_distributions {
    my ($value) = @_;
    _fail('shape', 'expected an object for `distributions`') if ref $value ne 'HASH';
    for my $authors (values %$value) {
        _fail('shape', 'expected lists in `distributions`') if ref $authors ne 'ARRAY' || grep { !defined || ref } @$authors;
    }
    return;
}

sub _object {
    my ($value, $keys, @required) = @_;
    _fail('shape', 'expected an object') if ref $value ne 'HASH';
    for my $key (keys %$value) {
        _fail('shape', "found the unknown key `$key`") if !$keys->{$key};
    }
    for my $key (@required) {
        _fail('shape', "expected the key `$key`") if !exists $value->{$key};
    }
    return;
}

sub _text {
    my ($object, $key) = @_;
    return if !exists $object->{$key};
    _fail('shape', "expected a text for `$key`") if !defined $object->{$key} || ref $object->{$key};
    return;
}

sub _check_values {
    my ($self, $value) = @_;
    _fail('value', "expected $MEDIA_TYPE for `mediaType`")     if $value->{mediaType} ne $MEDIA_TYPE;
    _fail('value', 'expected a PAUSE id for `author`')         if !CPAN::Sigstore::Release::is_pause_id($self->{author});
    _fail('value', "expected 1 to $VERSION_LIMIT for `version`") if $self->{version} < 1 || $self->{version} > $VERSION_LIMIT;
    _fail('value', 'expected `previous` in all versions but the first')
        if ($self->{version} == 1) != !defined $self->{previous};
    _check_distributions($self->{author}, $value->{distributions}) if exists $value->{distributions};
    _check_recovery($self->{version}, $value);
    my $count = @{ $value->{identities} };
    _fail('value', "expected 1 to $IDENTITIES_LIMIT identities, found $count") if $count < 1 || $count > $IDENTITIES_LIMIT;
    my %seen;
    for my $identity (@{ $value->{identities} }) {
        _fail('value', 'found an identity twice') if $seen{ CPAN::Sigstore::JSON::canonical(_restated_identity($identity)) }++;
        _check_identity($identity);
    }
    for my $identity (@{ $self->{identities} }) {
        _fail('value', 'expected `repository` or `repository-id` beside the name or pattern of a workflow')
            if $identity->leaves_source_open;
    }
    return;
}

# Section 3.8.
sub _check_recovery {
    my ($version, $value) = @_;
    _fail('value', 'expected `ed25519:` and 64 small hexadecimal digits for `recoveryKey`')
        if exists $value->{recoveryKey} && $value->{recoveryKey} !~ /\Aed25519:[0-9a-f]{64}\z/;
    return if !exists $value->{recoverySignature};
    _fail('value', 'expected no `recoverySignature` in version 1') if $version == 1;
    _fail('value', 'expected `ed25519:` and 128 small hexadecimal digits for `recoverySignature`')
        if $value->{recoverySignature} !~ /\Aed25519:[0-9a-f]{128}\z/;
    return;
}

# Section 3.7.
sub _check_distributions {
    my ($author, $distributions) = @_;
    my $count = keys %$distributions;
    _fail('value', "expected 1 to $HANDED_LIMIT distributions, found $count") if $count < 1 || $count > $HANDED_LIMIT;
    for my $name (sort keys %$distributions) {
        _fail('value', 'expected the name of a distribution in `distributions`') if $name !~ /\A[A-Za-z0-9][A-Za-z0-9_.@+-]{0,199}\z/;
        my @ids = @{ $distributions->{$name} };
        _fail('value', "expected 1 to $SUCCESSORS_LIMIT authors of $name, found " . @ids) if @ids < 1 || @ids > $SUCCESSORS_LIMIT;
        _fail('value', "expected PAUSE ids of other authors of $name")
            if grep { $_ eq $author || !CPAN::Sigstore::Release::is_pause_id($_) } @ids;
        _fail('value', "expected the authors of $name in the order of their bytes, each once") if grep { $ids[$_] ge $ids[ $_ + 1 ] } 0 .. $#ids - 1;
    }
    return;
}

sub _check_identity {
    my ($identity) = @_;
    _fail('value', 'expected either a `subject` or a `pattern`') if exists $identity->{subject} == exists $identity->{pattern};
    for my $key (grep { exists $identity->{$_} } qw(issuer subject pattern)) {
        _check_text($key, $identity->{$key});
        _fail('value', "expected no white space in `$key`") if $identity->{$key} =~ $WHITE;
    }
    _fail('value', 'expected a `*` only after scheme, host and one whole part of the path')
        if exists $identity->{pattern} && !CPAN::Sigstore::Identity::is_pattern($identity->{pattern});
    my %time;
    for my $key (grep { exists $identity->{$_} } qw(from until)) {
        my ($seconds, $has_fraction) = CPAN::Sigstore::Time::parse_any($identity->{$key});
        _fail('value', "expected whole seconds for `$key`") if $has_fraction;
        $time{$key} = $seconds;
    }
    _fail('value', 'expected `from` before `until`') if keys %time == 2 && $time{from} >= $time{until};
    return if !exists $identity->{claims};
    my $claims = $identity->{claims};
    _fail('value', 'expected at least one claim') if !%$claims;
    for my $claim (sort keys %$claims) {
        _check_text($claim, $claims->{$claim});
        next if $claim ne 'repository' && $claim ne 'workflow';
        _fail('value', "expected an address for `$claim`") if $claims->{$claim} !~ m{\A[a-z]+://.};
    }
    _fail('value', 'expected `workflow` without `@refs/`') if ($claims->{workflow} // q()) =~ m{\@refs/};
    return;
}

sub _check_text {
    my ($key, $text) = @_;
    my $bytes = $text;
    utf8::encode($bytes);
    _fail('value', "expected 1 to $TEXT_LIMIT bytes without control characters for `$key`")
        if $bytes eq q() || length $bytes > $TEXT_LIMIT || $text =~ $HIDDEN;
    return;
}

sub _identity {
    my ($value) = @_;
    my %times;
    for my $key (grep { exists $value->{$_} } qw(from until)) {
        ($times{$key}) = CPAN::Sigstore::Time::parse_any($value->{$key});
    }
    return CPAN::Sigstore::Identity->new(
        issuer => $value->{issuer},
        claims => $value->{claims} || {},
        %times,
        map { exists $value->{$_} ? ($_ => $value->{$_}) : () } qw(subject pattern),
    );
}

# The same with times in their one form: another form of a time is another text of the same record.
sub _restated {
    my ($value) = @_;
    return { %$value, identities => [ map { _restated_identity($_) } @{ $value->{identities} } ] };
}

sub _without_signature {
    my ($value) = @_;
    my %rest = %{ _restated($value) };
    delete $rest{recoverySignature};
    return \%rest;
}

sub _restated_identity {
    my ($value) = @_;
    my %identity = %$value;
    for my $key (grep { exists $identity{$_} } qw(from until)) {
        my ($seconds) = CPAN::Sigstore::Time::parse_any($identity{$key});
        $identity{$key} = CPAN::Sigstore::Time::format($seconds);
    }
    return \%identity;
}

sub author     { return $_[0]{author} }
sub version    { return $_[0]{version} }
sub previous   { return $_[0]{previous} }
sub releases   { return $_[0]{releases} }
sub digest     { return $_[0]{digest} }
sub identities { return $_[0]{identities} }

# The recovery key that it states, and whether a recovery key signed it, validly or not.
sub recovery_key { return $_[0]{recoveryKey} }
sub is_recovery  { return exists $_[0]{recoverySignature} ? 1 : 0 }

# Section 3.8.1: whether this recovery key signed it.
sub is_recovered_by {
    my ($self, $key) = @_;
    return 0 if !$self->is_recovery;
    my ($public, $signature) = map { pack 'H*', s/\Aed25519://r } $key, $self->{recoverySignature};
    my $spki = pack('H*', '302a300506032b6570032100') . $public;
    return CPAN::Sigstore::Crypto::verify(CPAN::Sigstore::Crypto::key($spki), undef, $signature, "cpan-author-recovery/v1\n$self->{recovered}");
}

# The other authors who may release a distribution.
sub successors {
    my ($self, $distribution) = @_;
    return @{ $self->{distributions}{$distribution} || [] };
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Record - an author record: an author's list of authorized signers

=head1 SYNOPSIS

    use CPAN::Sigstore::Record;

    my $record = CPAN::Sigstore::Record->parse($bytes);
    print $record->author, ', version ', $record->version, ', ', $record->digest, "\n";

=head1 DESCRIPTION

Section 3 of the standard. The text has to be canonical.

=head1 METHODS

=head2 parse(BYTES)

Returns the record. It throws a L<CPAN::Sigstore::Error> with the code C<shape>,
C<value> or C<not-canonical>.

=head2 author

=head2 version

=head2 previous

=head2 releases

=head2 digest

The values of the record. A digest is C<sha256:> and 64 hexadecimal digits.

=head2 identities

A list of L<CPAN::Sigstore::Identity>.

=head2 recovery_key

=head2 is_recovery

=head2 is_recovered_by(KEY)

The recovery key that the record states, whether it has a signature by a recovery
key, and whether a key made it.

=head2 successors(DISTRIBUTION)

The other authors who may release a distribution, as a list of PAUSE ids.

=cut
