package CPAN::Sigstore::Chain;
use 5.016;
use strict;
use warnings;

use CPAN::Sigstore::Identity ();

our $VERSION = '0.01';

# How many seconds a time of signing may be ahead of the clock.
my $SKEW          = 600;
my $WAITING_LIMIT = 64;
# How many seconds a change of the recovery key waits.
my $RECOVERY_WAIT = 7 * 24 * 60 * 60;

my %IS_PENDING = map { $_ => 1 } qw(waiting broken-chain);

sub new {
    my ($class, $author) = @_;
    return bless { author => $author, records => [], waiting => [] }, $class;
}

# A chain of records that were accepted before; nothing if they are not one unbroken chain.
sub restored {
    my ($class, $author, @signed) = @_;
    my $self = $class->new($author);
    for my $signed (@signed) {
        my $record = $signed->{record};
        my $tip    = $self->tip;
        return if $record->author ne $author || $record->version != @{ $self->{records} } + 1;
        return if ($record->previous // q()) ne ($tip ? $tip->{record}->digest : q());
        push @{ $self->{records} }, $signed;
    }
    return $self;
}

sub copy {
    my ($self) = @_;
    return bless { author => $self->{author}, records => [ @{ $self->{records} } ], waiting => [ @{ $self->{waiting} } ] }, ref $self;
}

sub author  { return $_[0]{author} }
sub records { return @{ $_[0]{records} } }
sub tip     { return $_[0]{records}[-1] }

sub _get {
    my ($self, $version) = @_;
    return $version < 1 ? undef : $self->{records}[ $version - 1 ];
}

# Appends a signed record: a hash of record, signer and times. Returns the outcome of it and of those that
# waited for it, as pairs of outcome and signed record.
sub append {
    my ($self, $signed, %context) = @_;
    my @results = ([ $self->_append($signed, \%context), $signed ]);
    # Each record that moves on can be the one that another waits for.
    MOVED: while (1) {
        for my $at (0 .. $#{ $self->{waiting} }) {
            my $waiting = $self->{waiting}[$at];
            next if $IS_PENDING{ $self->_judge($waiting, \%context) };
            splice @{ $self->{waiting} }, $at, 1;
            push @results, [ $self->_append($waiting, \%context), $waiting ];
            next MOVED;
        }
        return @results;
    }
}

# Appends the records of one place, in the order of their versions.
sub append_all {
    my ($self, $signed, %context) = @_;
    my @in_order = sort { $a->{record}->version <=> $b->{record}->version } @$signed;
    return map { $self->append($_, %context) } @in_order;
}

sub _append {
    my ($self, $signed, $context) = @_;
    my $outcome = $self->_judge($signed, $context);
    if ($outcome eq 'accepted' || $outcome eq 'recovered') {
        # An override or a recovery takes the place of all records from its version on.
        splice @{ $self->{records} }, $signed->{record}->version - 1;
        push @{ $self->{records} }, $signed;
    }
    elsif ($IS_PENDING{$outcome} && @{ $self->{waiting} } < $WAITING_LIMIT && !grep { _is_same($_, $signed) } @{ $self->{waiting} }) {
        push @{ $self->{waiting} }, $signed;
    }
    return $outcome;
}

# The same record by another signer is another claim.
sub _is_same {
    my ($left, $right) = map {
        my ($signed, $signer) = ($_, $_->{signer});
        my $claims = $signer->{claims} || {};
        join "\0", $signed->{record}->digest, $signer->{kind}, $signer->{subject}, $signer->{issuer},
            (map {"$_=$claims->{$_}"} sort keys %$claims), @{ $signed->{times} };
    } @_;
    return $left eq $right;
}

# Section 4: the outcome of a record against the chain as it is.
sub _judge {
    my ($self, $signed, $context) = @_;
    my ($record, @times) = ($signed->{record}, @{ $signed->{times} });
    return 'other-author'     if $record->author ne $self->{author};
    return 'signed-in-future' if grep { $_ > $context->{now} + $SKEW } @times;
    my $known = $self->_get($record->version);
    return 'known' if $known && $known->{record}->digest eq $record->digest;
    my $before;
    if ($record->version > 1) {
        $before = $self->_get($record->version - 1) or return 'waiting';
        return 'broken-chain' if ($record->previous // q()) ne $before->{record}->digest;
    }
    my $is_override = _is_override($record, $context);
    my @may_sign    = @{ ($before && !$is_override ? $before->{record} : $record)->identities };
    my $yields      = $is_override;
    if ($before && $record->is_recovery && !$is_override) {
        $yields = $self->_recovers($signed, $context) // return 'recovery-refused';
        push @may_sign, @{ $record->identities };
    }
    my $membership = CPAN::Sigstore::Identity::membership(\@may_sign, $signed->{signer}, @times);
    return 'signer-not-listed' if !$membership;
    return 'signer-retired'    if $membership eq 'retired';
    return 'accepted'          if !$known || $is_override;
    return 'recovered'         if $yields;
    return $before ? 'fork' : 'second-first';
}

sub _is_override {
    my ($record, $context) = @_;
    return (grep { $_ eq $record->digest } @{ $context->{overrides} || [] }) ? 1 : 0;
}

# 4.9 and 4.10: whether known records yield to a recovery record; undefined if the key in effect did not sign it.
sub _recovers {
    my ($self, $signed, $context) = @_;
    my ($record, @times) = ($signed->{record}, @{ $signed->{times} });
    my @known  = $self->records;
    my @before = @known[ 0 .. $record->version - 2 ];
    my @after  = @known[ $record->version - 1 .. $#known ];
    my $key    = _recovery_key(\@before, $context, @times);
    return undef if !defined $key || !$record->is_recovered_by($key);    ## no critic (ProhibitExplicitReturnUndef)
    return 0 if grep { $_->{record}->is_recovered_by($key) || _is_override($_->{record}, $context) } @after;
    return (_recovery_key(\@known, $context, @times) // q()) eq $key ? 1 : 0;
}

# 4.8: the recovery key that is in effect after records, at the first and at the last of these times.
sub _recovery_key {
    my ($records, $context, @times) = @_;
    return undef if !@times;    ## no critic (ProhibitExplicitReturnUndef)
    my ($first, $last) = map { _key_at($records, $context, $_) // q() } (sort { $a <=> $b } @times)[ 0, -1 ];
    return $first ne q() && $first eq $last ? $first : undef;
}

sub _key_at {
    my ($records, $context, $time) = @_;
    my ($in_effect, $pending, $effective) = (q());
    my $settle = sub {
        my ($until) = @_;
        ($in_effect, $pending) = ($pending, undef) if defined $pending && $effective <= $until;
    };
    for my $signed (@$records) {
        my ($record, $at) = ($signed->{record}, (sort { $a <=> $b } @{ $signed->{times} })[0]);
        $settle->(defined $at && $at < $time ? $at : $time);
        my $stated    = $record->recovery_key // q();
        my $is_agreed = $in_effect ne q() && $record->is_recovered_by($in_effect);
        if ($is_agreed || _is_override($record, $context)) { ($in_effect, $pending) = ($stated, undef) }
        elsif ($stated eq $in_effect)                      { $pending = undef }
        elsif (!defined $pending || $pending ne $stated)   { ($pending, $effective) = ($stated, defined $at ? $at + $RECOVERY_WAIT : 9**9**9) }
    }
    $settle->($time);
    return $in_effect eq q() ? undef : $in_effect;
}

# Whether this chain begins with the whole of another.
sub contains {
    my ($self, $other) = @_;
    my $tip  = $other->tip or return 1;
    my $same = $self->_get($tip->{record}->version);
    return $same && $same->{record}->digest eq $tip->{record}->digest ? 1 : 0;
}

sub is_signed_by {
    my ($self, $signer) = @_;
    return (grep { CPAN::Sigstore::Identity::is_same($signer, $_->{signer}) } $self->records) ? 1 : 0;
}

1;

__END__

=head1 NAME

CPAN::Sigstore::Chain - the record chain of an author

=head1 SYNOPSIS

    use CPAN::Sigstore::Chain;

    my $chain = CPAN::Sigstore::Chain->new('TIMLEGGE');
    for my $result ($chain->append({ record => $record, signer => $signer, times => [$signed] }, now => time)) {
        my ($outcome, $signed) = @$result;
        print "$outcome\n";
    }
    my $newest = $chain->tip;

=head1 DESCRIPTION

Section 4 of the standard. A signed record is a hash with a
L<CPAN::Sigstore::Record>, its signer (see L<CPAN::Sigstore::Identity>) and the
times of signing in seconds. The signature was verified before.

=head1 METHODS

=head2 new(AUTHOR)

=head2 restored(AUTHOR, SIGNED...)

An empty chain, and a chain of records that were accepted before. C<restored>
returns nothing if they are not one unbroken chain.

=head2 append(SIGNED, now => SECONDS, overrides => [DIGESTS])

Returns pairs of outcome and signed record: first of the given one, then of those
that waited for it.

=head2 append_all([SIGNED...], now => ..., overrides => ...)

Does the same for all records of one place.

=head2 author

=head2 records

=head2 tip

=head2 copy

The author, the signed records from version 1, the newest one, and a copy.

=head2 contains(OTHER)

=head2 is_signed_by(SIGNER)

Whether it begins with another chain, and whether a signer signed a version.

=cut
