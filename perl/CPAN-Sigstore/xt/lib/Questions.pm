package Questions;
use strict;
use warnings;

use Digest::SHA  qw(sha256_hex);
use File::Spec   ();
use JSON::PP     ();
use MIME::Base64 qw(encode_base64 decode_base64);
use Mutation     qw(pick one_in mutate_document mutate_text mutate_bytes encode clone);

my $JSON = JSON::PP->new->utf8->canonical;

# Questions about inputs that are made from signed files and from the test vectors.
sub new {
    my ($class, %material) = @_;
    my $self = bless { signed => [], seed => $material{seed} }, $class;
    $self->_read_signed(@$_) for @{ $material{signed} };
    for my $name (qw(records names gate)) {
        $self->{$name} = $JSON->decode(slurp(File::Spec->catfile($material{vectors}, "$name.json")));
    }
    die "expected signed files, found none\n" if !@{ $self->{signed} };
    return $self;
}

sub slurp {
    my ($path) = @_;
    open my $handle, '<:raw', $path or die "cannot read $path: $!\n";
    my $bytes = do { local $/ = undef; <$handle> };
    close $handle or die "cannot read $path: $!\n";
    return $bytes;
}

# A signed file: bundle, trusted root, and the file or its digest.
sub _read_signed {
    my ($self, $bundle, $root, $file) = @_;
    my $digest = $file =~ /\Asha256:[0-9a-f]{64}\z/ ? $file : 'sha256:' . sha256_hex(slurp($file));
    my $text   = slurp($bundle);
    push @{ $self->{signed} }, { text => $text, document => $JSON->decode($text), root => $self->_root($root), digest => $digest };
    return;
}

sub _root {
    my ($self, $path) = @_;
    return $self->{roots}{$path} //= slurp($path);
}

my @KINDS = ((\&_bundle) x 11, \&_root_of_bundle, (\&_record) x 3, (\&_name) x 3, \&_path, \&_versions);

# The question of this number, and the changes in words. It depends on nothing else but the seed.
sub question {
    my ($self, $number) = @_;
    srand(($self->{seed} * 1_000_003 + $number * 7919) % 2_147_483_647);
    return $KINDS[ $number % @KINDS ]->($self);
}

sub _times { return one_in(4) ? pick(2, 3) : 1 }

sub _bundle {
    my ($self) = @_;
    my $signed   = pick(@{ $self->{signed} });
    my $document = clone($signed->{document});
    my @donors   = map { pick(@{ $self->{signed} })->{document} } 1 .. 2;
    my @changes  = map { mutate_document($document, @donors) } 1 .. (one_in(12) ? 0 : _times());
    my $text = encode($document);
    if (one_in(8)) { ($text, my $change) = _mutate_json($text); push @changes, $change }
    my %question = (kind => 'bundle', bundle => encode_base64($text, q()), root => encode_base64($signed->{root}, q()), digest => $signed->{digest});
    if (one_in(40)) { $question{digest} = 'sha256:' . sha256_hex('another file'); push @changes, 'another file' }
    if (one_in(60)) { $question{root} = encode_base64(pick(@{ $self->{signed} })->{root}, q()); push @changes, 'another root' }
    return (\%question, @changes);
}

# Changes of a text that most readers would not notice.
sub _mutate_json {
    my ($text) = @_;
    my @changes = (
        [ 'a key twice'       => sub { $text =~ s/("\w+":)/$1null,$1/ } ],
        [ 'a value twice'     => sub { my @keys = $text =~ /("\w+":"[^"]*")/g; my $key = pick(@keys); $text =~ s/\Q$key\E/$key,$key/ } ],
        [ 'an escaped key'    => sub { $text =~ s/"([a-z])(\w+)":/sprintf '"\\u%04x%s":', ord $1, $2/e } ],
        [ 'an escaped text'   => sub { my $at = int rand 20; $text =~ s/":"([A-Za-z])/$at-- ? $& : sprintf '":"\\u%04X', ord $1/ge } ],
        [ 'an escaped slash'  => sub { $text =~ s{/}{\\/} } ],
        [ 'a lone surrogate'  => sub { $text =~ s/":"/":"\\uD800/ } ],
        [ 'text behind it'    => sub { $text .= pick(q( ), "\n", 'x', "\0", '{}', 'null') } ],
        [ 'text before it'    => sub { $text = pick("\xEF\xBB\xBF", q( ), "\n", "\0") . $text } ],
        [ 'invalid UTF-8'     => sub { substr($text, rand length $text, 0) = pick("\xFF", "\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\xF4\x90\x80\x80") } ],
        [ 'white space'       => sub { my $space = pick(q( ), "\n", "\t", "\x0B", "\x0C", "\xC2\xA0"); $text =~ s/,/,$space/ } ],
        [ 'a comma more'      => sub { $text =~ s/([\]}])/,$1/ } ],
        [ 'a character'       => sub { substr($text, rand length $text, 1) = chr(32 + int rand 95) } ],
        [ 'cut off'           => sub { substr($text, rand length $text) = q() } ],
        [ 'number forms'      => sub { my $form = pick('1.0', '1e0', '-0', '01', '+1', '1E2', '0x1', '1.', '.5', 'NaN'); $text =~ s/"(logIndex|treeSize|version)":"?\w+"?/"$1":$form/ } ],
        [ 'deeply nested'     => sub { my $depth = pick(20, 31, 33, 130, 1000); $text =~ s/":/":${\('[' x $depth)}${\(']' x $depth)},"x":/ } ],
    );
    my $change = pick(@changes);
    $change->[1]->();
    return ($text, $change->[0]);
}

sub _root_of_bundle {
    my ($self) = @_;
    my $signed = pick(@{ $self->{signed} });
    my $root   = $JSON->decode($signed->{root});
    my $other  = $JSON->decode(pick(@{ $self->{signed} })->{root});
    # Programs may differ about chains that do not hold together (2.2.2).
    my @chains = map { delete $_->{certChain} } map { @{ $root->{$_} || [] } } qw(certificateAuthorities timestampAuthorities);
    my @changes = map { mutate_document($root, $other, clone($root)) } 1 .. (one_in(12) ? 0 : _times());
    for my $authority (map { ref eq 'ARRAY' ? @$_ : () } @{$root}{qw(certificateAuthorities timestampAuthorities)}) {
        $authority->{certChain} = shift @chains if ref $authority eq 'HASH' && @chains;
    }
    if (one_in(3)) {
        my $log = pick(map { ref eq 'ARRAY' ? @$_ : () } @{$root}{qw(tlogs ctlogs)});
        if (ref $log eq 'HASH' && ref $log->{publicKey} eq 'HASH') {
            $log->{publicKey}{keyDetails} = pick(qw(PKIX_ECDSA_P256_SHA_256 PKIX_ECDSA_P384_SHA_384 PKIX_ED25519 PKIX_ED25519_PH PKIX_RSA_PKCS1V15_2048_SHA256
                PKCS1_RSA_PKCS1V5 PKIX_ECDSA_P521_SHA_512 FUTURE), q(), 5);
            push @changes, "keyDetails $log->{publicKey}{keyDetails}";
        }
    }
    return ({
        kind => 'bundle', bundle => encode_base64($signed->{text}, q()), root => encode_base64(encode($root), q()), digest => $signed->{digest},
    }, @changes);
}

sub _record {
    my ($self) = @_;
    my @records = grep { defined $_->{record} } @{ $self->{records} };
    my @valid   = grep { $_->{accepted} } @records;
    my $text    = pick(one_in(4) ? @records : @valid)->{record};
    utf8::encode($text);
    my @changes;
    my $document = eval { $JSON->decode($text) };
    if (ref $document) {
        _rename($document);
        push @changes, map { mutate_document($document, map { eval { $JSON->decode(pick(@valid)->{record}) } } 1 .. 2) } 1 .. (one_in(3) ? 0 : _times());
        my @signers = map { $self->_signer($document) } 1 .. 3;
        $text = encode($document);
        if (one_in(8)) { ($text, my $change) = _mutate_json($text); push @changes, $change }
        return ({ kind => 'record', record => encode_base64($text, q()), signers => \@signers }, @changes);
    }
    return ({ kind => 'record', record => encode_base64($text, q()), signers => [] }, 'a record of the vectors');
}

my @NAMES = (
    'tim@example.org', 'TIMLEGGE!pause.example', 'https://github.com/tim/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0',
    'https://github.com/tim/Foo-Bar/.github/workflows/release.yml@refs/heads/a/b', 'https://gitlab.example/tim/foo//.gitlab-ci.yml@refs/heads/main',
    'https://github.com/tim/Foo-Bar/.github/workflows/release.yml', 'spiffe://example.org/build',
);
my @PATTERNS = (
    'https://github.com/tim/Foo-Bar/.github/workflows/*.yml@refs/tags/*', 'https://github.com/tim/*/.github/workflows/release.yml@refs/tags/v*',
    'https://github.com/tim/Foo*', 'https://github.com/*/Foo-Bar', 'https://github.com/tim/a*b*c*d*e*/x', 'https://gitlab.example/tim/foo//*@refs/heads/*',
    'https://github.com/tim/*', '*', 'https://github.com/tim/Foo-Bar/*/*/*@refs/*/*',
);

# Other identities than those of the vectors.
sub _rename {
    my ($document) = @_;
    return if ref $document ne 'HASH' || ref $document->{identities} ne 'ARRAY';
    for my $identity (grep { ref eq 'HASH' } @{ $document->{identities} }) {
        next if one_in(2);
        delete @{$identity}{qw(subject pattern claims)};
        $identity->{ one_in(2) ? 'subject' : 'pattern' } = pick(@NAMES, @PATTERNS);
        $identity->{pattern} = pick(@PATTERNS) if !exists $identity->{subject} && one_in(2);
        $identity->{claims} = _claims() if one_in(2);
        $identity->{from}   = pick('2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z')              if one_in(5);
        $identity->{until}  = pick('2026-06-01T00:00:00Z', '2027-01-01T00:00:00Z')              if one_in(5);
    }
    return;
}

my %CLAIMS = (
    'owner-id'      => [qw(5 6)],
    'ref'           => [qw(refs/tags/v1.0 refs/heads/main)],
    'repository'    => [qw(https://github.com/tim/Foo-Bar https://github.com/tim/Foo https://github.com/Tim/Foo-Bar tim/Foo-Bar https:// https://github.com/tim/Foo-Bar/)],
    'repository-id' => [qw(17 18)],
    'workflow'      => [qw(https://github.com/tim/Foo-Bar/.github/workflows/release.yml https://github.com/tim/Foo-Bar/.github/workflows/release.yml@refs/tags/v1.0)],
);

sub _claims {
    return { map { one_in(2) ? ($_ => pick(@{ $CLAIMS{$_} })) : () } sort keys %CLAIMS };
}

# A signer who is one of the record's, or nearly.
sub _signer {
    my ($self, $document) = @_;
    my $list     = ref $document eq 'HASH' && ref $document->{identities} eq 'ARRAY' ? $document->{identities} : [];
    my $identity = pick(@$list);
    my %stated   = ref $identity eq 'HASH' ? %$identity : ();
    my ($subject, $issuer) = map { defined && !ref ? $_ : undef } @stated{qw(subject issuer)};
    my $pattern = !ref $stated{pattern} ? $stated{pattern} : undef;
    # A name of the pattern.
    $subject //= $pattern =~ s/\*/pick(q(), 'a', 'release', 'v1.0', 'a*b')/ger if defined $pattern && one_in(2);
    $subject = pick(@NAMES) if !defined $subject || one_in(8);
    ($subject) = mutate_text($subject) if one_in(6);
    $issuer //= 'https://accounts.example';
    ($issuer) = mutate_text($issuer) if one_in(10);
    my $claims = ref $stated{claims} eq 'HASH' && one_in(2) ? { map { ref $stated{claims}{$_} || !defined $stated{claims}{$_} || !$CLAIMS{$_} ? () : ($_ => "$stated{claims}{$_}") } keys %{ $stated{claims} } } : _claims();
    $claims->{workflow} .= '@refs/tags/v1.0' if defined $claims->{workflow} && one_in(2);
    return {
        kind => $subject =~ m{://} ? 'uri' : $subject =~ /!/ ? 'username' : 'email',
        subject => "$subject", issuer => "$issuer", claims => $claims,
        times => [ map { pick('2025-12-31T23:59:59Z', '2026-01-01T00:00:00Z', '2026-05-31T23:59:59Z', '2026-06-01T00:00:00Z', '2026-12-31T23:59:59Z') } 1 .. pick(1, 1, 2) ],
    };
}

my @NAME_PIECES = (qw(- . _ v V 0 1 2 10 a B .pm -TRIAL -RC1 -undef -withoutworldwriteables + @ perl Foo TRIAL .tar .gz .tgz .tar.gz .zip .tbz :: trial), q( ), "\n", "\x{E9}", q(/), '..');

sub _mutate_name {
    my ($name) = @_;
    for (1 .. _times()) {
        my $at = int rand(1 + length $name);
        my $kind = int rand 4;
        if    ($kind == 0) { substr($name, $at, 0) = pick(@NAME_PIECES) }
        elsif ($kind == 1) { substr($name, $at, pick(1, 1, 2, 4)) = q() if $at < length $name }
        elsif ($kind == 2) { substr($name, $at, 1) = pick(@NAME_PIECES) if $at < length $name }
        else               { ($name) = mutate_text($name) if one_in(4) }
    }
    return $name;
}

sub _name {
    my ($self) = @_;
    my $case = pick(grep { defined $_->{file} } @{ $self->{names} });
    my %question = (kind => 'name', file => $case->{file}, meta => undef, folder => $case->{folder});
    if (my $meta = $case->{meta}) {
        $question{meta} = { name => $meta->{name}, version => $meta->{version}, status => $meta->{'release-status'} };
    }
    $question{file} = _mutate_name($question{file}) if !one_in(4);
    if (my $meta = $question{meta}) {
        $meta->{version} = pick($question{file} =~ /-(v?[0-9][^-]*?)\.(?:tar|tgz|zip)/, $meta->{version}) if one_in(2);
        for my $key (qw(name version)) { $meta->{$key} = _mutate_name($meta->{$key}) if one_in(4) }
        $meta->{status} = pick(qw(stable testing unstable), 'Stable', q(), undef) if one_in(4);
    }
    $question{folder} = _mutate_name(pick($question{folder} // 'Foo-1.0', $question{file} =~ s/\.(?:tar\.gz|tgz|zip)\z//r)) if one_in(3);
    return (\%question);
}

sub _path {
    my ($self) = @_;
    my $path = pick(map { $_->{release} // $_->{path} // () } @{ $self->{gate} }, @{ $self->{names} });
    $path =~ s{\Aauthors/id/}{} if one_in(2);
    $path =~ s{/([^/]+)\z}{'/' . pick('sub', 'a/b', 'authors/id', '.', '..', 'x' x 201, "\x{E9}") . "/$1"}e if one_in(3);
    return ({ kind => 'path', path => one_in(8) ? $path : _mutate_name($path) });
}

sub _versions {
    my @versions = map {
        my $version = pick(qw(1 1.0 1.10 1.1 v1.2.3 1.2.3 1.002003 0 00.1 .5 5. 1_2 1.02_03 v1.02_03 1.2_3_4 v1 v1.2 1.2.3_4 undef 10000000000000000000 1.00000000000000000001));
        one_in(3) ? $version : _mutate_name($version)
    } 1 .. 2;
    $versions[1] = $versions[0] if one_in(6);
    return ({ kind => 'versions', left => $versions[0], right => $versions[1] });
}

1;
