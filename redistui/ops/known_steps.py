"""STEPS: every sort of step, by name, so that a plan in the journal can be read back."""

from __future__ import annotations

from collections.abc import Mapping

from redistui.ops.cluster.failover_steps import AwaitTakeover, LetClientsGo, NoSlotMoves, OrderPromotion
from redistui.ops.cluster.fix_keys import GatherKeys, SettleCopies
from redistui.ops.cluster.fix_orders import AwaitOneOwner, CloseAtReplica, CloseSlots, MarkSlots, OwnSlots, TellOwner
from redistui.ops.cluster.fix_verify import NothingHalfDone
from redistui.ops.cluster.follow import FindNewPrimary, Replicate
from redistui.ops.cluster.join import AwaitMember, Meet
from redistui.ops.cluster.leave import ForgetAt, ResetNode
from redistui.ops.cluster.members import NobodyListsIt, SeenInPlace, StandsAlone
from redistui.ops.cluster.move_look import LookFirst
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.move_verify import MovedAsPlanned
from redistui.ops.cluster.same_map import AwaitEmptied, AwaitSameMap
from redistui.ops.cluster.stop_following import StopFollowing
from redistui.ops.cluster.verify import EpochRose, ReplicasFollow, ViewsShowOwner
from redistui.ops.node.catch_up import CatchUp
from redistui.ops.node.config_file import WriteConfig
from redistui.ops.node.config_role import WriteRole
from redistui.ops.node.fence import AcceptWrites, LiftFence, PauseWrites, ReadMinReplicas, RefuseWrites, ResumeWrites
from redistui.ops.node.follow import Follow, GiveLogin, Repoint
from redistui.ops.node.follow_verify import AllFollow, Serves, Synced
from redistui.ops.node.last_look import LastLook
from redistui.ops.parameter.steps import ParameterIs, ReadParameter, SetParameter
from redistui.ops.pause.steps import EndPause, HoldWrites, NoPauseYet
from redistui.ops.pause.verify import WritesGoOn, WritesHeld
from redistui.ops.plain.detach_steps import IsDetached, LetGo
from redistui.ops.plain.hand_over import HandOver
from redistui.ops.plain.parted import KeepCopy, MeasureSplit, OneHistory
from redistui.ops.plain.succeed import Succeed
from redistui.ops.plain.switch import CutClients, EndHold, HoldBriefly, KeepsUp, StepDown, TakeBack, TakeOver
from redistui.ops.sentinel.demote import Demote, DemoteReturned
from redistui.ops.sentinel.priorities import AwaitPriorities, RestorePriority, SetPriority
from redistui.ops.sentinel.reset_steps import EveryoneKnown, ResetSentinel, Spacing, Unanimous
from redistui.ops.sentinel.set_steps import OptionIs, RestoreOption, SetOption
from redistui.ops.sentinel.steps import AwaitPromotion, OrderFailover
from redistui.ops.sentinel.verify import EveryoneFollows, NewPrimaryServes, SentinelsAgree
from redistui.ops.steps import Step

STEPS: Mapping[str, type[Step]] = {
    sort.__name__: sort
    for sort in (
        LetClientsGo,
        NoSlotMoves,
        OrderPromotion,
        AwaitTakeover,
        Replicate,
        StopFollowing,
        Meet,
        AwaitMember,
        ResetNode,
        ForgetAt,
        NobodyListsIt,
        StandsAlone,
        SeenInPlace,
        ViewsShowOwner,
        EpochRose,
        ReplicasFollow,
        AwaitSameMap,
        FindNewPrimary,
        AwaitEmptied,
        LookFirst,
        MoveSlots,
        MovedAsPlanned,
        MarkSlots,
        CloseAtReplica,
        CloseSlots,
        TellOwner,
        OwnSlots,
        AwaitOneOwner,
        GatherKeys,
        SettleCopies,
        NothingHalfDone,
        CatchUp,
        WriteConfig,
        WriteRole,
        PauseWrites,
        ResumeWrites,
        ReadMinReplicas,
        RefuseWrites,
        AcceptWrites,
        LiftFence,
        GiveLogin,
        Follow,
        Repoint,
        Serves,
        AllFollow,
        Synced,
        LastLook,
        ReadParameter,
        SetParameter,
        ParameterIs,
        NoPauseYet,
        HoldWrites,
        EndPause,
        WritesHeld,
        WritesGoOn,
        LetGo,
        IsDetached,
        HandOver,
        MeasureSplit,
        KeepCopy,
        OneHistory,
        Succeed,
        KeepsUp,
        HoldBriefly,
        EndHold,
        StepDown,
        TakeOver,
        TakeBack,
        CutClients,
        Demote,
        DemoteReturned,
        SetPriority,
        RestorePriority,
        AwaitPriorities,
        ResetSentinel,
        EveryoneKnown,
        Spacing,
        Unanimous,
        SetOption,
        RestoreOption,
        OptionIs,
        OrderFailover,
        AwaitPromotion,
        SentinelsAgree,
        NewPrimaryServes,
        EveryoneFollows,
    )
}
